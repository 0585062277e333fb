// SPDX-License-Identifier: GPL-2.0-or-later
// How the bytes of a stream are handed over.
#pragma once

#include "dice.h"
#include "script.h"

namespace nfsieve::evasion {

struct BodyOptions {
    bool attack = false;
    bool established = false; ///< the receiver has left the handshake for certain
    bool checks_md5 = true;   ///< the receiver
};

/// Appends to the life's steps: cuts, orders, copies, decoys, disturbances.
void add_body(Life& life, Dice& dice, const BodyOptions& options);

} // namespace nfsieve::evasion
