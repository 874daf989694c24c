//! Asks the linker to leave relocations in the programs that `tests/split.mjs` cuts by them; wasm-bindgen drops them
//! from the result.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-bin=page=--emit-relocs");
        println!("cargo::rustc-link-arg-bin=engine=--emit-relocs");
    }
}
