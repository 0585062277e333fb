// SPDX-License-Identifier: GPL-2.0-or-later
// Places where both the needle's first and its last byte fit are found sixteen at a time and then compared.
// That is several times faster than memmem on traffic, but not linear on bytes made to look like the needle.
#include "content_search.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace nfsieve {
namespace {

/// Beyond so many compared bytes a search for exact bytes goes on with memmem, which is linear.
constexpr std::uint64_t patience = 4096;

std::uint8_t fold(std::uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte | 0x20U) : byte;
}

struct Exact {
    static std::uint8_t case_bit(char) { return 0; }
    static std::size_t equal_bytes(const std::uint8_t* bytes, std::string_view needle) {
        std::size_t i = 0;
        while (i < needle.size() && bytes[i] == static_cast<std::uint8_t>(needle[i]))
            ++i;
        return i;
    }
};

struct Folded {
    /// The bit in which the two cases of a letter differ, none for other bytes.
    static std::uint8_t case_bit(char folded) {
        return folded >= 'a' && folded <= 'z' ? std::uint8_t{0x20} : std::uint8_t{0};
    }
    static std::size_t equal_bytes(const std::uint8_t* bytes, std::string_view folded) {
        std::size_t i = 0;
        while (i < folded.size() && fold(bytes[i]) == static_cast<std::uint8_t>(folded[i]))
            ++i;
        return i;
    }
};

/// From `at` on; gives up where more than `most` bytes were compared, with `at` at the place to go on from.
template <class Way>
std::size_t find(Bytes bytes, std::string_view needle, std::size_t& at, std::uint64_t& compared,
                 std::uint64_t most) {
    const std::size_t last = needle.size() - 1, places = bytes.size() - last;
    const std::uint8_t* const begin = bytes.data();
    const char first_char = needle.front(), last_char = needle.back();
    const std::uint8_t first_bit = Way::case_bit(first_char), last_bit = Way::case_bit(last_char);
    const auto is_at = [&](std::size_t place) {
        const std::size_t equal = Way::equal_bytes(begin + place, needle);
        compared += equal;
        return equal == needle.size();
    };
#if defined(__SSE2__)
    const __m128i first_bits = _mm_set1_epi8(static_cast<char>(first_bit));
    const __m128i last_bits = _mm_set1_epi8(static_cast<char>(last_bit));
    const __m128i first_bytes = _mm_set1_epi8(first_char), last_bytes = _mm_set1_epi8(last_char);
    for (; at + 16 <= places && compared <= most; at += 16) {
        const __m128i heads = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin + at));
        const __m128i tails = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin + at + last));
        const __m128i fits = _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(heads, first_bits), first_bytes),
                                           _mm_cmpeq_epi8(_mm_or_si128(tails, last_bits), last_bytes));
        for (auto hits = static_cast<unsigned>(_mm_movemask_epi8(fits)); hits != 0; hits &= hits - 1)
            if (const std::size_t place = at + static_cast<std::size_t>(__builtin_ctz(hits)); is_at(place))
                return place;
    }
#endif
    for (; at < places && compared <= most; ++at)
        if ((begin[at] | first_bit) == static_cast<std::uint8_t>(first_char) &&
            (begin[at + last] | last_bit) == static_cast<std::uint8_t>(last_char) && is_at(at))
            return at;
    return not_found;
}

} // namespace

std::size_t find_exact(Bytes bytes, std::string_view needle) {
    if (needle.size() > bytes.size())
        return not_found;
    std::size_t at = 0;
    std::uint64_t compared = 0;
    const std::size_t place = find<Exact>(bytes, needle, at, compared, patience);
    if (place != not_found || at + needle.size() > bytes.size())
        return place;
    const void* const found = memmem(bytes.data() + at, bytes.size() - at, needle.data(), needle.size());
    return found ? static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes.data())
                 : not_found;
}

bool equals_folded(const std::uint8_t* bytes, std::string_view folded) {
    return Folded::equal_bytes(bytes, folded) == folded.size();
}

std::size_t find_folded(Bytes bytes, std::string_view folded, std::uint64_t& compared) {
    if (folded.size() > bytes.size())
        return not_found;
    std::size_t at = 0;
    return find<Folded>(bytes, folded, at, compared, UINT64_MAX);
}

} // namespace nfsieve
