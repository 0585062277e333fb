// SPDX-License-Identifier: GPL-2.0-or-later
#include "base64.h"

#include <array>

namespace nfsieve {
namespace {

constexpr std::uint8_t stranger = 64, padding = 65;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(stranger);
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
    values['='] = padding;
    return values;
}
constexpr std::array<std::uint8_t, 256> values = make_values();

struct Group {
    std::uint32_t bits = 0;
    unsigned characters = 0, padded = 0;

    unsigned bytes() const {
        if (characters == 4)
            return padded < 3 ? 3 - padded : 0;
        // The rest at the end; a character alone carries one byte, short of two bits.
        return characters > 1 ? characters - 1 : 1;
    }
    void write(std::string& decoded) const {
        const std::uint32_t whole = bits << (6 * (4 - characters));
        for (unsigned i = 0; i < bytes(); ++i)
            decoded.push_back(static_cast<char>(whole >> (16 - 8 * i) & 0xff));
    }
};

} // namespace

Base64Text decode_base64(Bytes text, bool complete, std::string& decoded) {
    decoded.clear();
    Base64Text result;
    Group group;
    for (const std::uint8_t byte : text) {
        const std::uint8_t value = values[byte];
        if (value == stranger) {
            result.finished = true;
            break;
        }
        group.bits = group.bits << 6 | (value == padding ? 0U : value);
        group.padded += value == padding;
        if (++group.characters == 4) {
            group.write(decoded);
            group = {};
            result.text += 4;
        }
    }
    if (group.characters != 0 && (complete || result.finished)) {
        group.write(decoded);
        result.text += group.characters;
    }
    return result;
}

} // namespace nfsieve
