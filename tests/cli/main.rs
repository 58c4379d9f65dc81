//! Black-box tests of the program: what it prints, which files it leaves, how it ends.
//!
//! Every test has a folder of its own and shares one cache with the others, in which the extractor is trained once; a
//! study seed of its own keeps its runs to itself.

mod building;
mod cache;
#[cfg(target_os = "linux")]
mod coloring;
mod data;
mod data_server;
mod describing;
mod devices;
mod environment;
#[cfg(unix)]
mod examples;
mod explaining;
mod failing;
mod guide;
mod helping;
#[cfg(unix)]
mod interrupting;
#[cfg(unix)]
mod killing;
mod machine;
mod own_images;
mod page;
mod planning;
mod reading;
mod score;
mod tables;
mod weights;
