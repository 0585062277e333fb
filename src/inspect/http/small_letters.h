// SPDX-License-Identifier: GPL-2.0-or-later
// The names of headers know no case (RFC 9110 section 5.1), in ASCII alone.
#pragma once

namespace nfsieve::http {

/// std::tolower() asks for the locale, at each letter.
[[nodiscard]] constexpr char small(char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

} // namespace nfsieve::http
