//! The whole landscape against PyTorch: `tests/golden/landscape.py` made the files, which hold settings and results;
//! weights, images and draws come from a formula that both languages compute alike.

mod cover;
mod finite_differences;
mod golden;
mod penalties;
mod published;
mod settings;
mod trajectories;
