// SPDX-License-Identifier: GPL-2.0-or-later
#include "byte_field.h"

#include "nfsieve/base/wording.h"
#include "values.h"

namespace nfsieve::suricata {

std::optional<Piece> behind(const Piece& piece, std::string_view word) {
    if (!piece.text.starts_with(word) || piece.text.size() == word.size() ||
        (piece.text[word.size()] != ' ' && piece.text[word.size()] != '\t'))
        return std::nullopt;
    const std::string_view rest = trimmed(piece.text.substr(word.size()));
    return Piece{rest, piece.at + static_cast<std::size_t>(rest.data() - piece.text.data())};
}

void FieldReader::complain(const Piece& piece, const std::string& message) {
    draft_.complain_at(piece.at, std::string(option_.keyword) + ": " + message);
    failed_ = true;
}

bool FieldReader::take(const Piece& piece) {
    std::string_view word = piece.text;
    if (const auto endian = behind(piece, "endian"))
        word = endian->text;
    if (const auto text = behind(piece, "string")) {
        string_ = true;
        word = text->text;
    }
    if (word == "relative") {
        field.relative = true;
    } else if (word == "little" || word == "big") {
        field.little_endian = word == "little";
        endian_ = true;
    } else if (word == "string") {
        string_ = true;
    } else if (word == "dec" || word == "hex" || word == "oct") {
        field.base = word == "dec" ? 10 : word == "hex" ? 16 : 8;
    } else if (word == "dce") {
        complain(piece, "the byte order of DCERPC is not known here; write big or little where it is fixed");
    } else if (const auto mask = behind(piece, "bitmask")) {
        const auto value = parse_unsigned(mask->text);
        if (!value || *value == 0)
            complain(*mask, in_quotes(mask->text) + " is no bit mask; write one such as 0x0ff0");
        else
            field.bitmask = *value;
    } else {
        return false;
    }
    return true;
}

void FieldReader::read_count(const Piece& piece) {
    count_ = piece;
    if (const auto count = draft_.operand(option_, piece, 0, 23))
        field.count = *count;
    else
        failed_ = true;
}

void FieldReader::read_offset(const Piece& piece) {
    if (const auto offset = draft_.operand(option_, piece, -65535, 65535 * std::int64_t{65536}))
        field.offset = *offset;
    else
        failed_ = true;
}

bool FieldReader::finish() {
    if (string_ != (field.base != 0))
        complain(count_, string_ ? "digits need their base; write string,dec or string,hex or string,oct"
                                 : "dec, hex and oct are for digits; write string in front of it");
    if (string_ && endian_)
        complain(count_, "digits have no byte order; take big or little away, or string");
    const std::int64_t most = field.base == 0 ? 8 : field.base == 8 ? 23 : field.base == 10 ? 20 : 14;
    if (!field.count.variable && field.count.number > most)
        complain(count_, std::to_string(field.count.number) +
                             " bytes do not fit into 64 bits; write at most " + std::to_string(most));
    if (!field.relative && !field.offset.variable && field.offset.number < 0)
        complain(count_, "a negative offset is before the buffer; write relative, or take the sign away");
    return !failed_;
}

} // namespace nfsieve::suricata
