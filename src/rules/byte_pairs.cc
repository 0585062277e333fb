// SPDX-License-Identifier: GPL-2.0-or-later
#include "byte_pairs.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace nfsieve {
namespace {

constexpr std::array pair_table = std::to_array<std::string_view>({
#include "byte_pairs.inc"
});

/// As tools/lib/byte_pairs.py numbers them.
constexpr std::array<std::uint8_t, 256> classes() {
    std::array<std::uint8_t, 256> result{};
    constexpr std::uint8_t digits = 26, first_punctuation = 27;
    std::uint8_t punctuation = first_punctuation;
    for (unsigned byte = 0; byte < 256; ++byte) {
        std::uint8_t& own = result[byte];
        const unsigned letter = (byte | 0x20U) - 'a';
        if (byte > 0x20 && byte < 0x7f)
            own = letter < 26                  ? static_cast<std::uint8_t>(letter)
                  : byte >= '0' && byte <= '9' ? digits
                                               : punctuation++;
    }
    const std::uint8_t space = punctuation;
    const auto behind = [&](unsigned number) { return static_cast<std::uint8_t>(space + number); };
    for (unsigned byte = 0; byte < 256; ++byte) {
        if (byte < 0x20)
            result[byte] = behind(5);
        else if (byte >= 0x7f)
            result[byte] = behind(byte < 0xc0 ? 6 : byte < 0xff ? 7 : 8);
    }
    result[' '] = space;
    result['\t'] = behind(1);
    result['\n'] = behind(2);
    result['\r'] = behind(3);
    result[0] = behind(4);
    return result;
}

constexpr std::array<std::uint8_t, 256> class_of = classes();
static_assert(class_of[0xff] + 1U == pair_table.size() && pair_table.back().size() == pair_table.size());

} // namespace

unsigned pair_bits(unsigned char first, unsigned char second) {
    constexpr unsigned zeros = 3, ones = 5;
    if (first == second && (first == 0 || first == 0xff))
        return first == 0 ? zeros : ones;
    const char digit = pair_table[class_of[first]][class_of[second]];
    return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

} // namespace nfsieve
