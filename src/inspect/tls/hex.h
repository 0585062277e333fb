// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as hexadecimal text.
#pragma once

#include "nfsieve/base/bytes.h"

#include <string>

namespace nfsieve::tls {

enum class HexCase : std::uint8_t { lower, upper };

/// Two digits a byte, with `separator` between them where it is not 0.
inline void append_hex(std::string& text, Bytes bytes, HexCase letters, char separator = 0) {
    const char* digits = letters == HexCase::lower ? "0123456789abcdef" : "0123456789ABCDEF";
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (separator != 0 && i > 0)
            text += separator;
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
}

} // namespace nfsieve::tls
