// SPDX-License-Identifier: GPL-2.0-or-later
// Finds literals.
#pragma once

#include "nfsieve/base/bytes.h"

#include <cstddef>
#include <string_view>

namespace nfsieve {

inline constexpr std::size_t not_found = static_cast<std::size_t>(-1);

/// Offset of the first occurrence of `needle` (not empty) that lies wholly in `bytes`; not_found. Linear.
[[nodiscard]] std::size_t find_exact(Bytes bytes, std::string_view needle);

/// The same without regard to the case of ASCII letters; `folded` is in small letters. Work for bytes that
/// look like the needle at both its ends, which is not linear, is added to `compared`.
[[nodiscard]] std::size_t find_folded(Bytes bytes, std::string_view folded, std::uint64_t& compared);

/// Whether `bytes` are the folded text, whatever their case. As many bytes as characters.
[[nodiscard]] bool equals_folded(const std::uint8_t* bytes, std::string_view folded);

} // namespace nfsieve
