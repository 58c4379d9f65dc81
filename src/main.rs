//! The program `gan-pipe`; all of it is in the library's `cli`.

fn main() {}
