// SPDX-License-Identifier: GPL-2.0-or-later
#include "option.h"

#include "nfsieve/base/wording.h"
#include "rule_text.h"

namespace nfsieve::suricata {
namespace {

/// The next ';' that ends an option.
std::size_t end_of_option(std::string_view text, std::size_t from) {
    auto end = text.find(';', from);
    while (end != std::string_view::npos && end > 0 && text[end - 1] == '\\')
        end = text.find(';', end + 1);
    return end;
}

} // namespace

std::vector<Option> split_options(std::string_view text, std::size_t begin, std::vector<Flaw>& flaws) {
    std::vector<Option> options;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto end = end_of_option(text, at);
        const std::string_view all = text.substr(at, end == std::string_view::npos ? end : end - at);
        const std::string_view shown = trimmed(all);
        const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
        if (shown.empty()) {
            at = next; // ";;" says nothing
            continue;
        }
        const std::size_t offset = begin + static_cast<std::size_t>(shown.data() - text.data());
        if (end == std::string_view::npos)
            flaws.push_back({offset, in_quotes(shown) + " has no ';' behind it; end each option with one"});
        Option option;
        const auto colon = shown.find(':');
        option.keyword = trimmed(shown.substr(0, colon));
        option.at = offset;
        option.value_at = offset;
        if (colon != std::string_view::npos) {
            option.has_value = true;
            option.value = trimmed(shown.substr(colon + 1));
            option.value_at = option.value.empty()
                                  ? offset + colon
                                  : begin + static_cast<std::size_t>(option.value.data() - text.data());
        }
        options.push_back(option);
        at = next;
    }
    return options;
}

std::vector<Piece> split(std::string_view text, std::size_t at, char separator) {
    std::vector<Piece> pieces;
    std::size_t from = 0;
    while (true) {
        const auto end = text.find(separator, from);
        const std::string_view all = text.substr(from, end == std::string_view::npos ? end : end - from);
        const std::string_view shown = trimmed(all);
        pieces.push_back(
            {shown, at + (shown.empty() ? from : static_cast<std::size_t>(shown.data() - text.data()))});
        if (end == std::string_view::npos)
            return pieces;
        from = end + 1;
    }
}

std::optional<Quoted> unquoted(const Option& option, bool bare) {
    Quoted quoted{false, option.value, option.value_at};
    const auto skip = [&quoted](std::size_t count) {
        quoted.text.remove_prefix(count);
        quoted.at += count;
    };
    if (quoted.text.starts_with('!')) {
        quoted.negated = true;
        skip(1);
        while (quoted.text.starts_with(' '))
            skip(1);
    }
    const bool begins = quoted.text.starts_with('"');
    const bool ends = quoted.text.size() > 1 && quoted.text.ends_with('"');
    if (begins && ends) {
        skip(1);
        quoted.text.remove_suffix(1);
        return quoted;
    }
    if (!bare || begins)
        return std::nullopt;
    return quoted;
}

std::string unescaped(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 1 < text.size() &&
                            std::string_view("\";:\\").find(text[i + 1]) != std::string_view::npos;
        result += text[escape ? ++i : i];
    }
    return result;
}

} // namespace nfsieve::suricata
