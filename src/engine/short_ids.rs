//! Ids of runs made short for an address, and whole again: a beginning names a run as long as no other begins alike.

use crate::entities::RunId;
use crate::frame::RunFrame;
use std::collections::BTreeSet;

/// No beginning is shorter, so that a run that arrives later is hardly ever taken for another one: of a million random ids
/// in hexadecimal, one in four thousand begins like a given one.
const N_CHARS: usize = 8;

/// The shortest beginnings of these runs' ids that name them among all loaded runs. One that is not loaded, or not in
/// ASCII, stays whole.
pub fn short_ids(frame: &RunFrame, run_ids: &[RunId]) -> Vec<RunId> {
    let sorted: BTreeSet<&str> = (0..frame.n_rows()).map(|row| frame.run_id(row).0.as_str()).collect();
    let n_shared = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let short = |id: &RunId| {
        if frame.row_of(id).is_none() || !id.0.is_ascii() {
            return id.clone();
        }
        let own = id.0.as_str();
        // Of sorted ids the neighbours share most.
        let before = sorted.range(..own).next_back();
        let after = sorted.range(own..).nth(1);
        let shared = before.into_iter().chain(after).map(|other| n_shared(own, other)).max();
        let n_chars = shared.map_or(N_CHARS, |n| (n + 1).max(N_CHARS)).min(own.len());
        RunId(own[..n_chars].to_owned())
    };
    run_ids.iter().map(short).collect()
}

/// Those of these ids that name no loaded run but begin like exactly one, each with the whole.
pub fn whole_ids<'a>(frame: &RunFrame, run_ids: impl Iterator<Item = &'a RunId>) -> Vec<(RunId, RunId)> {
    let unknown = run_ids.filter(|id| id.0.len() >= N_CHARS && frame.row_of(id).is_none());
    let whole = |short: &RunId| {
        let mut like =
            (0..frame.n_rows()).map(|row| frame.run_id(row)).filter(|id| id.0.starts_with(&short.0));
        match (like.next(), like.next()) {
            (Some(id), None) => Some((short.clone(), id.clone())),
            _ => None,
        }
    };
    unknown.filter_map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::test_runs;

    fn ids<const N: usize>(ids: [&str; N]) -> Vec<RunId> {
        ids.map(|id| RunId(id.to_owned())).to_vec()
    }

    #[test]
    fn a_beginning_names_a_run_and_comes_back_whole() {
        let all = ["0123456789abcdef", "0123456789ffffff", "fedcba9876543210", "short", "größer-als-acht"];
        let frame = test_runs::frame(all.map(|id| test_runs::run(id, &[], &[], &[])));
        let wanted =
            ids(["0123456789abcdef", "fedcba9876543210", "short", "größer-als-acht", "not-loaded-here"]);
        let short = short_ids(&frame, &wanted);
        assert_eq!(short, ids(["0123456789a", "fedcba98", "short", "größer-als-acht", "not-loaded-here"]));
        let whole = whole_ids(&frame, short.iter());
        assert_eq!(
            whole,
            [(short[0].clone(), wanted[0].clone()), (short[1].clone(), wanted[1].clone())],
            "the others are whole, or nobody's"
        );
        // Of two that begin alike none is meant, and less than eight characters name nothing.
        assert!(whole_ids(&frame, ids(["0123456789", "fedcba9"]).iter()).is_empty());
    }
}
