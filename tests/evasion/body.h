// SPDX-License-Identifier: GPL-2.0-or-later
// How the bytes of a stream are handed over.
#pragma once

#include "dice.h"
#include "script.h"

#include <optional>

namespace nfsieve::evasion {

struct BodyOptions {
    bool attack = false;
    bool established = false;               ///< the receiver has left the handshake for certain
    std::optional<std::uint32_t> urgent_at; ///< the receiver is to take this byte out of the stream
};

/// Appends to the life's steps: cuts, orders, copies, decoys, disturbances.
void add_body(Life& life, Dice& dice, const BodyOptions& options);

} // namespace nfsieve::evasion
