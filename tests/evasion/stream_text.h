// SPDX-License-Identifier: GPL-2.0-or-later
// What a sender has to say.
#pragma once

#include "dice.h"
#include "script.h"

#include <string>

namespace nfsieve::evasion {

/// `count` small letters: never part of a pattern.
[[nodiscard]] std::string letters(Dice& dice, std::uint32_t count);

/// A stream that the rule matches (attack) or does not (benign). Both have near misses of the patterns.
[[nodiscard]] std::string stream_text(Dice& dice, Kind kind, Rule rule);

} // namespace nfsieve::evasion
