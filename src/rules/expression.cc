// SPDX-License-Identifier: GPL-2.0-or-later
#include "expression.h"

#include "anchors.h"

#include <array>
#include <limits>

namespace nfsieve {
namespace {

constexpr std::uint64_t max_repeat = 32767; ///< Vectorscan's limit for {N,}

/// What Vectorscan knows of an expression without compiling it.
Result<hs_expr_info_t> look_at(const std::string& text, unsigned flags) {
    hs_expr_info_t* raw = nullptr;
    hs_compile_error_t* raw_error = nullptr;
    if (hs_expression_info(text.c_str(), flags, &raw, &raw_error) != HS_SUCCESS) {
        const HsCompileError error(raw_error);
        return Error{explain_refusal(error && error->message ? error->message : "no reason given")};
    }
    const std::unique_ptr<hs_expr_info_t, HsFree> info(raw);
    return *info;
}

/// The bytes as a regex that means just them. Plain letters and digits stay, for the length of an expression
/// is limited.
std::string escaped(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            text += c;
        } else {
            text += "\\x";
            text += digits[byte >> 4];
            text += digits[byte & 15];
        }
    }
    return text;
}

void set_min(Expression& expression, std::uint64_t end) {
    expression.limits.flags |= HS_EXT_FLAG_MIN_OFFSET;
    expression.limits.min_offset = end;
}

void set_max(Expression& expression, std::uint64_t end) {
    expression.limits.flags |= HS_EXT_FLAG_MAX_OFFSET;
    expression.limits.max_offset = end;
}

/// The length of a literal is known, so bounds on where it ends say where it begins.
void finish_literal(const PatternSpec& pattern, Expression& expression) {
    const std::uint64_t length = pattern.text.size();
    expression.text = escaped(pattern.text);
    if (pattern.at_start && pattern.offset == 0)
        expression.text.insert(0, "^");
    else if (pattern.offset > 0)
        set_min(expression, pattern.offset + length);
    if (pattern.at_start) {
        expression.last_offset = pattern.offset + length;
        if (pattern.offset > 0)
            set_max(expression, expression.last_offset);
    } else if (pattern.depth) {
        expression.last_offset = pattern.offset + *pattern.depth;
        set_max(expression, expression.last_offset);
    }
    if (pattern.at_end) {
        expression.text += "\\z";
        expression.decided_at_end = true;
        ++expression.last_offset; // the end is seen behind the last byte
    }
    expression.needs_start = pattern.at_start || pattern.offset > 0 || pattern.depth;
}

Result<void> finish_regex(const PatternSpec& pattern, Expression& expression) {
    const auto info = look_at(pattern.text, expression.flags);
    if (!info)
        return info.error();
    if (info->min_width == 0)
        return Error{
            "this regex matches the empty string, which is found everywhere; make it ask for at least "
            "one byte (\"+\" in place of \"*\" or \"?\")"};
    if (pattern.depth && *pattern.depth < info->min_width)
        return Error{
            "\"depth\" is " + std::to_string(*pattern.depth) + " but this regex needs at least " +
            std::to_string(info->min_width) +
            " bytes, so it could never match; \"depth\" counts from \"offset\" to the end of the match"};
    if (pattern.offset > max_repeat)
        return Error{"\"offset\" beside \"regex\" can be at most " + std::to_string(max_repeat) +
                     "; use \"contains\", where it is not limited"};

    const Anchors anchors = find_anchors(pattern.text);
    expression.decided_at_end = info->matches_at_eod != 0;
    expression.needs_start = anchors.any || pattern.offset > 0 || pattern.depth;
    expression.text = pattern.text;
    if (pattern.offset > 0)
        expression.text = "^(?s:.{" + std::to_string(pattern.offset) + ",})(?:" + pattern.text + ")";
    // One byte more than the match has: a $ or \b is decided by what stands behind it.
    if (pattern.depth) {
        set_max(expression, pattern.offset + *pattern.depth);
        expression.last_offset = pattern.offset + *pattern.depth + 1;
    } else if (anchors.all && info->max_width != std::numeric_limits<unsigned>::max()) {
        expression.last_offset = std::uint64_t{info->max_width} + 1;
    }
    if (pattern.offset > 0) {
        if (const auto whole = look_at(expression.text, expression.flags); !whole)
            return whole.error();
    }
    return {};
}

} // namespace

std::string explain_refusal(std::string_view words) {
    struct Remedy {
        std::string_view part, remedy;
    };
    static constexpr std::array<Remedy, 8> remedies = {{
        {"Back-references", "spell out what is repeated"},
        {"Zero-width assertions",
         "spell out the bytes around it, or combine several matches with \"all\" and \"not\""},
        {"Atomic groups", "use a plain group: there is no backtracking to save"},
        {"Possessive", "use a plain quantifier: there is no backtracking to save"},
        {"Embedded start anchors",
         "^ and \\A can only begin a regex, and not beside \"offset\", which says where already"},
        {"Bounded repeat", "a repeat goes up to 32767"},
        {"length exceeds",
         "an expression has up to 16,000 characters, and a byte that is no letter or digit counts "
         "as 4"},
        {"too large", "shorten its repeats or split it into several rules"},
    }};
    std::string text = "Vectorscan cannot match this: " + std::string(words);
    while (!text.empty() && text.back() == '.')
        text.pop_back();
    for (const Remedy& remedy : remedies)
        if (words.find(remedy.part) != words.npos)
            return text + "; " + std::string(remedy.remedy);
    return text;
}

Result<Expression> make_expression(const PatternSpec& pattern) {
    Expression expression;
    expression.flags = HS_FLAG_SINGLEMATCH | (pattern.nocase ? HS_FLAG_CASELESS : 0U);
    if (pattern.kind == PatternSpec::Kind::literal)
        finish_literal(pattern, expression);
    else if (const auto finished = finish_regex(pattern, expression); !finished)
        return finished.error();
    return expression;
}

} // namespace nfsieve
