// SPDX-License-Identifier: GPL-2.0-or-later
// The command line.
#pragma once

#include "nfsieve/app/commands.h"
#include "nfsieve/app/daemon.h"

#include <functional>

namespace nfsieve {

/// What the subcommands do; tests put others in their place.
struct CommandSet {
    std::function<int(const RunOptions&)> run;
    std::function<int(const CheckOptions&)> check;
    std::function<int(const ReplayOptions&)> replay;
    std::function<int(const std::filesystem::path& config)> nft;
    std::function<int(const StatusOptions&)> status;
};

/// Reads the command line and carries out its subcommand. Returns its exit status, 0 for --help and
/// --version, 2 for a command line that is not understood.
[[nodiscard]] int run_cli(int argc, const char* const* argv, const CommandSet& commands,
                          const Streams& streams);

} // namespace nfsieve
