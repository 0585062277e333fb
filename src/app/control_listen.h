// SPDX-License-Identifier: GPL-2.0-or-later
// How the control socket comes to be.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/base/unique_fd.h"

#include <filesystem>

namespace nfsieve {

/// A non-blocking socket that listens at `file`; see ControlSocket::open().
[[nodiscard]] Result<UniqueFd> listen_at(const std::filesystem::path& file);

} // namespace nfsieve
