// SPDX-License-Identifier: GPL-2.0-or-later
// How far beyond a match's end a pattern may have looked.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nfsieve {

/// Regex::horizon of a pattern that PCRE2 has accepted. `extended`: it was compiled with PCRE2_EXTENDED.
[[nodiscard]] std::optional<std::uint32_t> regex_horizon(std::string_view pattern, bool extended);

} // namespace nfsieve
