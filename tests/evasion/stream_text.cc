// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream_text.h"

namespace nfsieve::evasion {
namespace {

/// Mostly short, now and then a few KB.
std::string filling(Dice& dice) {
    static constexpr std::uint32_t longest[] = {0, 4, 16, 16, 60, 60, 60, 200, 200, 700};
    if (dice.below(100) == 0)
        return letters(dice, dice.between(1000, 4000));
    return letters(dice, dice.below(longest[dice.below(10)] + 1));
}

/// Almost the pattern: cut short, with a byte changed, or begun twice.
std::string near_miss(Dice& dice, std::string_view whole) {
    std::string text(whole);
    const std::uint32_t at = dice.between(1, static_cast<std::uint32_t>(whole.size()) - 1);
    switch (dice.below(3)) {
    case 0:
        text.resize(at);
        return text + "-";
    case 1:
        text[at] = '#';
        return text;
    default:
        return text.substr(0, at) + "." + text.substr(at);
    }
}

std::string part(Dice& dice, std::string_view whole) {
    // A false start right before it.
    return dice.percent(20)
               ? std::string(whole.substr(0, dice.below(static_cast<std::uint32_t>(whole.size())))) +
                     std::string(whole)
               : std::string(whole);
}

std::string wrapped(Dice& dice, const std::string& core) {
    std::string text = filling(dice);
    if (dice.percent(20))
        text += near_miss(dice, pattern);
    text += core + filling(dice);
    if (dice.percent(10))
        text += near_miss(dice, dice.percent(50) ? pattern : second_part);
    return text;
}

std::string attack_text(Dice& dice, Rule rule) {
    switch (rule) {
    case Rule::contains:
        return wrapped(dice, dice.percent(10) ? part(dice, pattern) + filling(dice) + part(dice, pattern)
                                              : part(dice, pattern));
    case Rule::anchored:
        return std::string(pattern) + filling(dice);
    case Rule::compound:
        return dice.percent(50)
                   ? wrapped(dice, part(dice, pattern) + filling(dice) + part(dice, second_part))
                   : wrapped(dice, part(dice, second_part) + filling(dice) + part(dice, pattern));
    }
    return {};
}

std::string benign_text(Dice& dice, Rule rule) {
    std::string core = filling(dice);
    if (dice.percent(30))
        core += near_miss(dice, pattern);
    if (rule == Rule::compound && dice.percent(50))
        core += dice.percent(50) ? pattern : second_part; // one of the two alone is harmless
    if (rule == Rule::anchored && dice.percent(50))
        core = "." + core + std::string(pattern); // harmless where it does not stand first
    std::string text = wrapped(dice, core);
    return text.empty() ? "." : text;
}

} // namespace

std::string letters(Dice& dice, std::uint32_t count) {
    std::string text(count, '.');
    std::uint64_t random = 0;
    for (std::uint32_t i = 0; i < count; ++i, random >>= 8) {
        if (i % 8 == 0)
            random = dice.next();
        text[i] = static_cast<char>('a' + (random & 0xff) % 26);
    }
    return text;
}

std::string stream_text(Dice& dice, Kind kind, Rule rule) {
    return kind == Kind::attack ? attack_text(dice, rule) : benign_text(dice, rule);
}

} // namespace nfsieve::evasion
