// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's log.
#pragma once

#include "nfsieve/app/config.h"

#include <memory>
#include <spdlog/logger.h>

namespace nfsieve {

/// A logger that any thread may use: to the journal where stderr is connected to it ($JOURNAL_STREAM names
/// stderr's device and inode, systemd.exec(5)), else to stderr with the time in front.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_logger(LogLevel level);

} // namespace nfsieve
