//! Programs that are made of programs.

mod majority;
