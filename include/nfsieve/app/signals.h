// SPDX-License-Identifier: GPL-2.0-or-later
// Signals as bytes to read.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/base/unique_fd.h"

#include <optional>

namespace nfsieve {

/// Blocks SIGHUP, SIGTERM, SIGINT, SIGUSR1 and SIGPIPE in the calling thread (so before any other is started)
/// and yields a non-blocking signalfd(2) for the first four.
[[nodiscard]] Result<UniqueFd> open_signals();

/// The next signal that waits in the descriptor, if any.
[[nodiscard]] std::optional<int> next_signal(const UniqueFd& signals);

} // namespace nfsieve
