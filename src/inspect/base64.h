// SPDX-License-Identifier: GPL-2.0-or-later
// Base64 as Suricata's base64_decode reads it.
#pragma once

#include "nfsieve/base/bytes.h"

#include <string>

namespace nfsieve {

struct Base64Text {
    std::size_t text = 0;  ///< characters that were decoded
    bool finished = false; ///< a character that is none of Base64's has ended it
};

/// Decodes from the beginning of `text` up to the first character that is not of Base64's alphabet (RFC 4648,
/// section 3.3). Padding is taken for zero bits and shortens its group; groups behind it go on. What is left
/// over of a group at the end is decoded as if padded where `complete`, and not at all where more may follow.
/// `decoded` is overwritten.
Base64Text decode_base64(Bytes text, bool complete, std::string& decoded);

} // namespace nfsieve
