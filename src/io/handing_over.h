// SPDX-License-Identifier: GPL-2.0-or-later
// What the sources of packets have in common.
#pragma once

#include "nfsieve/base/time.h"

#include <chrono>
#include <cstddef>

namespace nfsieve {

/// Packets that are announced, judged and answered together.
inline constexpr std::size_t batch_size = 32;

/// Of captures: an engine may keep a slab, so that all of them have the size of a full packet and its link
/// header.
inline constexpr std::size_t captured_slab_size = 65536 + 4096;

/// Of captures, by their clock: how often an engine is told the time.
inline constexpr Duration captured_tick = std::chrono::seconds(1);

} // namespace nfsieve
