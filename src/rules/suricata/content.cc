// SPDX-License-Identifier: GPL-2.0-or-later
// content and its modifiers.
// https://docs.suricata.io/en/suricata-7.0.10/rules/payload-keywords.html#content
#include "handlers.h"
#include "hex.h"
#include "nfsieve/base/wording.h"
#include "values.h"

namespace nfsieve::suricata {
namespace {

constexpr std::int64_t most_offset = 65535;
/// Suricata's bound on distance and within.
constexpr std::int64_t most_distance = 1024 * 1024;

struct Literal {
    std::string bytes;
    std::string flaw; ///< what is wrong, empty where nothing is
    std::size_t at = 0;
};

/// Text with `|0d 0a|` and `\;` in it.
Literal parse_literal(std::string_view text) {
    Literal literal;
    const auto fail = [&](std::size_t at, std::string why) {
        literal.flaw = std::move(why);
        literal.at = at;
        return literal;
    };
    bool hex = false;
    std::optional<unsigned> high;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '|') {
            if (high)
                return fail(i, "a byte between the bars has one digit; write two");
            hex = !hex;
        } else if (hex) {
            if (c == ' ')
                continue;
            const auto digit = hex_digit(c);
            if (!digit)
                return fail(i, in_quotes(text.substr(i, 1)) +
                                   " is not hexadecimal; bars enclose bytes such as "
                                   "|0d 0a|, and a bar itself is |7c|");
            if (high)
                literal.bytes += static_cast<char>(*high << 4 | *digit);
            high = high ? std::nullopt : digit;
        } else if (c == '\\') {
            if (i + 1 == text.size() ||
                std::string_view("\";:\\").find(text[i + 1]) == std::string_view::npos)
                return fail(i, "a backslash can stand before \\ ; : and \" alone; write it as |5c|");
            literal.bytes += text[++i];
        } else {
            literal.bytes += c;
        }
    }
    if (hex)
        return fail(text.size(), "a bar has no partner; bars enclose bytes such as |0d 0a|, and a bar itself "
                                 "is |7c|");
    return literal;
}

std::optional<ContentCheck> parse_content(Draft& draft, const Option& option) {
    const auto text = unquoted(option, false);
    if (!text) {
        draft.complain(option, "write the text in quotes, and ';' in it as |3b|");
        return std::nullopt;
    }
    Literal literal = parse_literal(text->text);
    if (literal.flaw.empty() && literal.bytes.empty())
        literal.flaw = "the text is empty";
    if (!literal.flaw.empty()) {
        draft.complain_at(text->at + literal.at, std::string(option.keyword) + ": " + literal.flaw);
        return std::nullopt;
    }
    ContentCheck content;
    content.bytes = std::move(literal.bytes);
    content.negated = text->negated;
    return content;
}

/// offset, depth, distance and within stand once for each content, and not of both kinds.
void read_place(Draft& draft, const Option& option, std::optional<Operand> ContentCheck::*member,
                std::int64_t least, std::int64_t most, bool relative) {
    ContentCheck* content = draft.last_content(option);
    if (content == nullptr)
        return;
    const auto value = draft.operand(option, {option.value, option.value_at}, least, most);
    if (!value)
        return;
    const bool anchored = content->offset || content->depth;
    if (relative ? anchored : content->relative())
        draft.complain(option, "offset, depth and startswith count from the buffer's start, distance and "
                               "within from the last match; use one kind for a content");
    else if (content->*member)
        draft.complain(option, "stands twice for one content");
    else
        content->*member = value;
}

} // namespace

void read_content(Draft& draft, const Option& option, const Keyword&) {
    if (auto content = parse_content(draft, option))
        draft.add(option, {std::move(*content)}, Draft::Otherwise::payload);
}

void read_uricontent(Draft& draft, const Option& option, const Keyword&) {
    auto content = parse_content(draft, option);
    if (!content)
        return;
    if (draft.sticky()) {
        draft.complain(option, "cannot stand under a sticky buffer; write http.uri and a content");
        return;
    }
    draft.add(option, {std::move(*content)}, Draft::Otherwise::payload);
    draft.move_last_content(option, Buffer::http_uri);
}

void read_nocase(Draft& draft, const Option& option, const Keyword&) {
    if (ContentCheck* content = draft.last_content(option))
        content->nocase = true;
}

void read_offset(Draft& draft, const Option& option, const Keyword&) {
    read_place(draft, option, &ContentCheck::offset, 0, most_offset, false);
}

void read_depth(Draft& draft, const Option& option, const Keyword&) {
    read_place(draft, option, &ContentCheck::depth, 0, most_offset, false);
}

void read_distance(Draft& draft, const Option& option, const Keyword&) {
    read_place(draft, option, &ContentCheck::distance, -most_distance, most_distance, true);
}

void read_within(Draft& draft, const Option& option, const Keyword&) {
    read_place(draft, option, &ContentCheck::within, -most_distance, most_distance, true);
}

void read_startswith(Draft& draft, const Option& option, const Keyword&) {
    ContentCheck* content = draft.last_content(option);
    if (content == nullptr)
        return;
    if (content->offset || content->depth || content->relative()) {
        draft.complain(option, "cannot stand with offset, depth, distance or within for the same content");
        return;
    }
    content->offset = Operand{};
    content->depth = Operand{static_cast<std::int64_t>(content->bytes.size()), std::nullopt};
}

void read_endswith(Draft& draft, const Option& option, const Keyword&) {
    if (ContentCheck* content = draft.last_content(option))
        content->ends_with = true;
}

void read_fast_pattern(Draft& draft, const Option& option, const Keyword&) {
    ContentCheck* content = draft.last_content(option);
    if (content == nullptr)
        return;
    if (content->fast_pattern) {
        draft.complain(option, "stands twice for one content");
        return;
    }
    content->fast_pattern = true;
    // "only" leaves the order of the checks to the engine, which is free in that here.
    if (!option.has_value || option.value == "only")
        return;
    const auto pieces = split(option.value, option.value_at, ',');
    const auto offset = parse_unsigned(pieces.front().text);
    const auto length = parse_unsigned(pieces.back().text);
    if (pieces.size() != 2 || !offset || !length || *length == 0 || *offset > most_offset ||
        *length > most_offset || *offset + *length > content->bytes.size()) {
        draft.complain(option, in_quotes(option.value) + " is no part of the content, which has " +
                                   std::to_string(content->bytes.size()) +
                                   " bytes; write only, or an offset and a length within it");
        return;
    }
    content->chop = {static_cast<std::uint16_t>(*offset), static_cast<std::uint16_t>(*length)};
}

} // namespace nfsieve::suricata
