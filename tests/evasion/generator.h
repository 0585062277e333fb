// SPDX-License-Identifier: GPL-2.0-or-later
// A seed -> a script. The same seed and kind give the same script everywhere.
#pragma once

#include "script.h"

namespace nfsieve::evasion {

[[nodiscard]] Script generate(Kind kind, std::uint64_t seed);

} // namespace nfsieve::evasion
