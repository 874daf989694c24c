//! MLflow, 1.30 to 3.x: requests as values, wire types, decoding in two steps, capability probe.
