// SPDX-License-Identifier: GPL-2.0-or-later
// What a rule wants.
#pragma once

#include <cstdint>

namespace nfsieve {

/// What a rule wants. Not the verdict: that is what the kernel is told.
enum class Action : std::uint8_t { accept, drop, reject, alert };

} // namespace nfsieve
