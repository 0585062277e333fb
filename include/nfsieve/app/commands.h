// SPDX-License-Identifier: GPL-2.0-or-later
// The subcommands, apart from `run` (app/daemon.h). Each returns the exit status: 0, or 1 after saying on
// stderr what is wrong.
#pragma once

#include "nfsieve/io/capture.h"

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve {

/// Where a command writes; owned by the caller.
struct Streams {
    std::ostream& out;
    std::ostream& err;
};

struct CheckOptions {
    std::filesystem::path config; ///< empty: none
    std::vector<std::filesystem::path> rules;
    bool json = false;
};

/// Loads and compiles all that `run` would. Errors go to `err`, the summary to `out`; with `json` one object
/// with both goes to `out`.
[[nodiscard]] int check_command(const CheckOptions& options, const Streams& streams);

struct ReplayOptions {
    std::filesystem::path config; ///< empty: none
    std::vector<std::filesystem::path> rules;
    CaptureConfig capture;
    std::string events; ///< file, "-" for stdout, empty: none
    /// Either set: the capture is judged from memory, `repeat` times by each of `threads` engines.
    std::optional<std::uint32_t> threads, repeat;
};

/// Judges a capture as the daemon would judge live traffic, by the capture's clock. From memory: only the
/// judging is timed, each time begins with no flows, and totals and events are those of all threads together.
[[nodiscard]] int replay_command(const ReplayOptions& options, const Streams& streams);

/// Prints the nftables rules for a configuration (defaults where `config` is empty).
[[nodiscard]] int nft_command(const std::filesystem::path& config, const Streams& streams);

struct StatusOptions {
    std::filesystem::path socket; ///< empty: the configuration's
    std::filesystem::path config; ///< empty: the daemon of the installed configuration
    bool json = false;
};

/// Prints the state and the account of a running daemon; 1 where none answers.
[[nodiscard]] int status_command(const StatusOptions& options, const Streams& streams);

/// e.g. "0.1.0".
[[nodiscard]] std::string program_version();

/// The program's version and those of the libraries it runs with, one a line.
[[nodiscard]] std::string version_text();

} // namespace nfsieve
