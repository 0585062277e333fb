// SPDX-License-Identifier: GPL-2.0-or-later
// As much of DER (X.690) as a certificate's names need.
#pragma once

#include "nfsieve/base/bytes.h"

#include <optional>
#include <string>

namespace nfsieve::tls {

namespace der_tag {
inline constexpr std::uint8_t integer = 0x02, oid = 0x06, utf8_string = 0x0c, numeric_string = 0x12,
                              printable_string = 0x13, t61_string = 0x14, videotex_string = 0x15,
                              ia5_string = 0x16, graphic_string = 0x19, visible_string = 0x1a,
                              general_string = 0x1b, universal_string = 0x1c, bmp_string = 0x1e,
                              object_descriptor = 0x07, sequence = 0x30, set = 0x31, context_0 = 0xa0;
}

struct DerItem {
    std::uint8_t tag = 0;
    Bytes content;
};

/// Reads items that follow each other. Never goes into them by itself: whoever reads decides how deep.
class DerReader {
public:
    explicit DerReader(Bytes bytes) : bytes_(bytes) {}

    [[nodiscard]] bool more() const { return !bytes_.empty(); }
    /// Nothing, for good, at the end and where an item's length is indefinite or leads beyond the end, or its
    /// tag has several bytes. Lengths that are longer than need be are read: verifiers do.
    [[nodiscard]] std::optional<DerItem> next();
    /// The next item's content where it has this tag, nothing (and nothing is read) otherwise.
    [[nodiscard]] std::optional<Bytes> next(std::uint8_t tag);

private:
    Bytes bytes_;
};

/// "2.5.4.3" of an OID's content; empty where that is no OID or has a number beyond 64 bits.
[[nodiscard]] std::string oid_text(Bytes content);

} // namespace nfsieve::tls
