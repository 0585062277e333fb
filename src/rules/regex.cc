// SPDX-License-Identifier: GPL-2.0-or-later
#define PCRE2_CODE_UNIT_WIDTH 8
#include "nfsieve/rules/regex.h"

#include "regex_horizon.h"

#include <pcre2.h>

#include <array>

namespace nfsieve {
namespace {

constexpr std::string_view begin_mark = "(?C255)";
static_assert(Regex::begin_callout == 255);

std::uint32_t options_of(const PcreCheck& check) {
    std::uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    const std::pair<bool, std::uint32_t> letters[] = {
        {check.caseless, PCRE2_CASELESS}, {check.multiline, PCRE2_MULTILINE},
        {check.dotall, PCRE2_DOTALL},     {check.extended, PCRE2_EXTENDED},
        {check.anchored, PCRE2_ANCHORED}, {check.dollar_endonly, PCRE2_DOLLAR_ENDONLY},
        {check.ungreedy, PCRE2_UNGREEDY},
    };
    for (const auto& [set, option] : letters)
        if (set)
            options |= option;
    return options;
}

struct Compilation {
    PcreCode code;
    int error = 0;
    std::size_t position = 0;
};

Compilation compile(std::string_view pattern, std::uint32_t options) {
    Compilation result;
    result.code.reset(pcre2_compile_8(reinterpret_cast<PCRE2_SPTR8>(pattern.data()), pattern.size(), options,
                                      &result.error, &result.position, nullptr));
    return result;
}

std::string words_of(int error) {
    std::array<PCRE2_UCHAR8, 256> text{};
    pcre2_get_error_message_8(error, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

std::uint32_t number_of(const PcreCode& code, std::uint32_t what) {
    std::uint32_t value = 0;
    pcre2_pattern_info_8(code.get(), what, &value);
    return value;
}

/// True where nothing in the pattern asks for what stands before the match or for where the search began: no
/// lookbehind, \b or \A (PCRE2 counts those), no \G, no ^ but of a class, and no verb such as (*COMMIT).
bool forgets(std::string_view pattern, const PcreCode& code) {
    if (number_of(code, PCRE2_INFO_MAXLOOKBEHIND) != 0 || pattern.find("\\G") != std::string_view::npos ||
        pattern.find("(*") != std::string_view::npos)
        return false;
    for (std::size_t at = 0; (at = pattern.find('^', at)) != std::string_view::npos; ++at)
        if (at == 0 || pattern[at - 1] != '[')
            return false;
    return true;
}

} // namespace

void PcreFree::operator()(pcre2_real_code_8* code) const {
    pcre2_code_free_8(code);
}

Result<Regex> compile_regex(const PcreCheck& check) {
    const std::uint32_t options = options_of(check);
    Compilation plain = compile(check.pattern, options);
    if (!plain.code)
        return Error{"pcre: " + words_of(plain.error) + ", at position " + std::to_string(plain.position) +
                     " of the pattern"};
    Compilation marked = compile(std::string(begin_mark) + check.pattern, options);
    if (!marked.code)
        return Error{"pcre: a setting such as (*ANYCRLF) at the beginning of a pattern is not supported"};
    Regex regex;
    regex.code = std::move(marked.code);
    regex.anchored = (number_of(regex.code, PCRE2_INFO_ALLOPTIONS) & PCRE2_ANCHORED) != 0;
    regex.captures = number_of(regex.code, PCRE2_INFO_CAPTURECOUNT);
    regex.needs_beginning =
        check.pattern.find("\\A") != std::string::npos || check.pattern.find("\\G") != std::string::npos;
    regex.forgets = !regex.anchored && forgets(check.pattern, plain.code);
    regex.horizon = regex_horizon(check.pattern, check.extended);
    return regex;
}

} // namespace nfsieve
