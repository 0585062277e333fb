// SPDX-License-Identifier: GPL-2.0-or-later
// flowbits, xbits, hostbits and flowint: what rules remember for one another.
#include "byte_field.h"
#include "handlers.h"
#include "nfsieve/base/wording.h"
#include "values.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace nfsieve::suricata {
namespace {

using Op = BitOperation::Op;
using Scope = BitOperation::Scope;

constexpr std::uint32_t xbits_expire = 30, hostbits_expire = 300; ///< Suricata's defaults, in seconds

constexpr std::array<std::string_view, 6> commands = {"set",   "unset",    "toggle",
                                                      "isset", "isnotset", "noalert"};

std::optional<Op> command(std::string_view word) {
    constexpr std::array ops = {Op::set, Op::unset, Op::toggle, Op::is_set, Op::is_not_set};
    for (std::size_t i = 0; i < ops.size(); ++i)
        if (commands[i] == word)
            return ops[i];
    return std::nullopt;
}

/// The command and the names; true where an operation is to be added. "noalert" stands alone.
bool read_command(Draft& draft, const Option& option, const std::vector<Piece>& pieces, BitOperation& bits) {
    const std::string_view word = pieces.front().text;
    if (word == "noalert" && pieces.size() == 1) {
        draft.spec.noalert = true;
        return false;
    }
    const auto op = command(word);
    if (!op) {
        draft.complain(option, unknown_word("the command", word, commands));
        return false;
    }
    bits.op = *op;
    if (pieces.size() < 2 || pieces[1].text.empty()) {
        draft.complain(option, in_quotes(word) + " needs a name behind a comma");
        return false;
    }
    for (const Piece& name : split(pieces[1].text, pieces[1].at, '|')) {
        if (name.text.empty() || name.text.find_first_of(" \t") != std::string_view::npos) {
            draft.complain_at(name.at, std::string(option.keyword) + ": " + in_quotes(name.text) +
                                           " is no name; names have no blanks");
            return false;
        }
        bits.names.emplace_back(name.text);
    }
    if (bits.names.size() > 1 &&
        (bits.scope != Scope::flow || (*op != Op::is_set && *op != Op::is_not_set))) {
        draft.complain(option, "several names are for isset and isnotset of flowbits; write one option for "
                               "each name");
        return false;
    }
    return true;
}

} // namespace

void read_flowbits(Draft& draft, const Option& option, const Keyword&) {
    const auto pieces = split(option.value, option.value_at, ',');
    BitOperation bits;
    if (!read_command(draft, option, pieces, bits))
        return;
    if (pieces.size() > 2)
        return draft.complain_at(pieces[2].at,
                                 "flowbits: takes a command and a name; several names stand with "
                                 "| between them");
    draft.spec.bits.push_back(std::move(bits));
}

void read_xbits(Draft& draft, const Option& option, const Keyword&) {
    const auto pieces = split(option.value, option.value_at, ',');
    BitOperation bits;
    bits.scope = Scope::source;
    bits.expire = xbits_expire;
    if (!read_command(draft, option, pieces, bits))
        return;
    bool tracked = false;
    for (std::size_t i = 2; i < pieces.size(); ++i) {
        const auto track = behind(pieces[i], "track"), expire = behind(pieces[i], "expire");
        const auto seconds = expire ? parse_unsigned(expire->text) : std::nullopt;
        if (track && track->text == "ip_src")
            bits.scope = Scope::source;
        else if (track && track->text == "ip_dst")
            bits.scope = Scope::destination;
        else if (track && track->text == "ip_pair")
            bits.scope = Scope::pair;
        else if (seconds && *seconds > 0 && *seconds <= std::numeric_limits<std::uint32_t>::max())
            bits.expire = static_cast<std::uint32_t>(*seconds);
        else
            return draft.complain_at(pieces[i].at, "xbits: " + in_quotes(pieces[i].text) +
                                                       " is not known; write track ip_src, ip_dst or ip_pair "
                                                       "and expire SECONDS");
        tracked = tracked || track.has_value();
    }
    if (!tracked)
        return draft.complain(option, "does not say whose bit it is; write track ip_src, ip_dst or ip_pair");
    draft.spec.bits.push_back(std::move(bits));
}

void read_hostbits(Draft& draft, const Option& option, const Keyword&) {
    const auto pieces = split(option.value, option.value_at, ',');
    BitOperation bits;
    bits.scope = Scope::source;
    bits.expire = hostbits_expire;
    if (!read_command(draft, option, pieces, bits))
        return;
    if (pieces.size() > 3)
        return draft.complain_at(pieces[3].at, "hostbits: takes no time; write xbits with expire SECONDS");
    if (pieces.size() == 3 && pieces[2].text == "dst")
        bits.scope = Scope::destination;
    else if (pieces.size() == 3 && pieces[2].text != "src")
        return draft.complain_at(pieces[2].at,
                                 "hostbits: write src or dst behind the name, or nothing for src");
    draft.spec.bits.push_back(std::move(bits));
}

void read_flowint(Draft& draft, const Option& option, const Keyword&) {
    using Counter = CounterOperation::Op;
    constexpr std::array<std::pair<std::string_view, Counter>, 12> ops = {{
        {"=", Counter::assign},
        {"+", Counter::add},
        {"-", Counter::subtract},
        {"<", Counter::less},
        {"<=", Counter::less_equal},
        {"==", Counter::equal},
        {"!=", Counter::not_equal},
        {">=", Counter::greater_equal},
        {">", Counter::greater},
        {"isset", Counter::is_set},
        {"isnotset", Counter::is_not_set},
        {"notset", Counter::is_not_set},
    }};
    const auto pieces = split(option.value, option.value_at, ',');
    if (pieces.size() < 2 || pieces.size() > 3 || pieces[0].text.empty())
        return draft.complain(option, "write NAME,OPERATOR,NUMBER, or NAME,isset or NAME,notset");
    CounterOperation counter;
    counter.name = std::string(pieces[0].text);
    const auto* found = std::find_if(ops.begin(), ops.end(),
                                     [&](const auto& entry) { return entry.first == pieces[1].text; });
    if (found == ops.end())
        return draft.complain_at(pieces[1].at, "flowint: " + in_quotes(pieces[1].text) +
                                                   " is no operator; there are = + - < <= == != >= > isset "
                                                   "notset");
    counter.op = found->second;
    const bool alone = counter.op == Counter::is_set || counter.op == Counter::is_not_set;
    if (alone != (pieces.size() == 2))
        return draft.complain_at(pieces[1].at, "flowint: " + in_quotes(pieces[1].text) +
                                                   (alone ? " takes no number" : " needs a number"));
    if (!alone) {
        const auto value = parse_unsigned(pieces[2].text);
        if (value && *value <= std::numeric_limits<std::uint32_t>::max())
            counter.number = static_cast<std::uint32_t>(*value);
        else if (!value && !pieces[2].text.empty())
            counter.variable = std::string(pieces[2].text);
        else
            return draft.complain_at(pieces[2].at,
                                     "flowint: " + in_quotes(pieces[2].text) +
                                         " is neither a number below 2^32 nor a counter's name");
    }
    draft.spec.counters.push_back(std::move(counter));
}

} // namespace nfsieve::suricata
