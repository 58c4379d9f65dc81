//! The program `gan-pipe`; all of it is in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gan_pipe::cli::main()
}
