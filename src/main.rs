//! The program `gan-pipe`; all of it is in the library's `cli`.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    quiet_vulkan();
    gan_pipe::cli::main()
}

/// Keeps Mesa's layer that chooses GPUs from complaining on machines without a desktop, unless the user has it choose one.
#[expect(unsafe_code, reason = "a variable is set before any other thread runs")]
fn quiet_vulkan() {
    let is_set = |name| env::var_os(name).is_some();
    if cfg!(feature = "vulkan") && !is_set("NODEVICE_SELECT") && !is_set("MESA_VK_DEVICE_SELECT") {
        // SAFETY: this is the first thing that the process does, so that no other thread reads the environment.
        unsafe { env::set_var("NODEVICE_SELECT", "1") };
    }
}
