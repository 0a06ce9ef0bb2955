//! How many statements a request takes, and what they are.
