// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/cli.h"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    using namespace nfsieve;
    const Streams streams{std::cout, std::cerr};
    const CommandSet commands{
        run_daemon,
        [&](const CheckOptions& options) { return check_command(options, streams); },
        [&](const ReplayOptions& options) { return replay_command(options, streams); },
        [&](const std::filesystem::path& config) { return nft_command(config, streams); },
        [&](const StatusOptions& options) { return status_command(options, streams); },
    };
    try {
        return run_cli(argc, argv, commands, streams);
    } catch (const std::exception& failure) {
        std::cerr << "nfsieve: " << failure.what() << "\n";
        return 1;
    }
}
