//! What callers see and what is stored, through the functions' `handle`.

mod commands;
