// SPDX-License-Identifier: GPL-2.0-or-later
// The live firewall: workers, reload, signals, the service manager.
#pragma once

#include "nfsieve/app/queue_range.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace nfsieve {

/// What the command line says; where it names rules they come behind the configuration's own.
struct RunOptions {
    std::filesystem::path config;
    std::vector<std::filesystem::path> rules;
    std::optional<QueueRange> queues; ///< instead of the configuration's
};

/// Runs in the foreground until SIGTERM or SIGINT. Returns the exit status: 0 after a signal, 1 where the
/// start or a worker failed, with the reasons in the log.
[[nodiscard]] int run_daemon(const RunOptions& options);

} // namespace nfsieve
