// SPDX-License-Identifier: GPL-2.0-or-later
// What is said over the control socket: {"command": "status"}, and an object in answer; {"error": …} where
// the request is not understood.
#pragma once

#include "nfsieve/base/result.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace nfsieve {

/// The daemon's side: the answer to one request, in one line. `status` yields the answer to "status".
[[nodiscard]] std::string answer_control(std::string_view request,
                                         const std::function<std::string()>& status);

/// The other side: asks the daemon at `socket` for its status and returns the line that it answers. Waits for
/// at most five seconds. Errors name the socket and the remedy.
[[nodiscard]] Result<std::string> ask_status(const std::filesystem::path& socket);

} // namespace nfsieve
