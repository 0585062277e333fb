// SPDX-License-Identifier: GPL-2.0-or-later
// What byte_test, byte_jump, byte_extract and byte_math have in common: how a number is read.
#pragma once

#include "draft.h"

namespace nfsieve::suricata {

/// Collects the words of a byte field: "relative", "little", "string", "dec", "bitmask 0xff" and so on.
class FieldReader {
public:
    FieldReader(Draft& draft, const Option& option) : draft_(draft), option_(option) {}

    ByteField field;

    /// True where the word is one of a field's, used or complained of.
    [[nodiscard]] bool take(const Piece& piece);
    void read_count(const Piece& piece);
    void read_offset(const Piece& piece);
    /// True where the whole makes sense. Call it last.
    [[nodiscard]] bool finish();
    void complain(const Piece& piece, const std::string& message);
    [[nodiscard]] bool failed() const { return failed_; }

private:
    Draft& draft_;
    const Option& option_;
    bool string_ = false, endian_ = false, failed_ = false;
    Piece count_;
};

/// "multiplier 4": the number behind the word; nothing where the piece does not begin with it.
[[nodiscard]] std::optional<Piece> behind(const Piece& piece, std::string_view word);

} // namespace nfsieve::suricata
