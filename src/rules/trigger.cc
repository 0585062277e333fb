// SPDX-License-Identifier: GPL-2.0-or-later
#include "trigger.h"

#include "byte_pairs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>
#include <vector>

namespace nfsieve {
namespace {

/// The matcher looks for the last bytes of a literal, and then compares the rest.
constexpr std::size_t looked_for = 8, longest = 24;
/// What an author's fast_pattern is worth, as far as they know their traffic better.
constexpr double chosen = 20;

/// What the web's traffic is full of.
constexpr std::string_view common[] = {
    "<div",     "</div>",     "<span",    "</span>",  "<td",        "</td>",     "<tr",        "</tr>",
    "<li",      "</li>",      "<a ",      "</a>",     "<p>",        "</p>",      "<br",        "<img",
    "<script",  "</script>",  "<style",   "</style",  "<title>",    "</title>",  "<meta",      "<link",
    "<body",    "</body>",    "<head",    "</head>",  "<html",      "</html>",   "<!DOCTYPE",  "<input",
    "<form",    "<option",    "<iframe",  "<object",  "<param",     "<table",    "=\"",        "\">",
    "\" ",      "';",         "\";",      "></",      "class",      "style",     "href",       "src",
    "type",     "name",       "value",    "content",  "width",      "height",    "text",       "html",
    "script",   "java",       "function", "return",   "window.",    "document.", "var ",       "this.",
    "new ",     "if (",       "if(",      "for (",    "for(",       "){",        ") {",        "();",
    ".length",  "http://",    "https://", "www.",     ".com",       ".php",      ".html",      ".js",
    ".css",     ".asp",       ".exe",     "index",    "image",      "px;",       "charset",    "utf-8",
    "HTTP/1.",  "GET ",       "POST ",    "Host: ",   "User-Agent", "Mozilla/",  "Windows",    "Content-",
    "Accept",   "Connection", "Cookie",   "Server",   "Date: ",     "gzip",      "keep-alive", "application/",
    "Encoding", "Length: ",   "Type: ",   "\r\n\r\n", " ",          "error",     "login",      "password",
};

/// A literal that may stand at a few places alone is rarer than one that may stand anywhere in a segment.
double head_bonus(std::size_t places) {
    constexpr double segment = 1460;
    return std::log2(segment / static_cast<double>(places));
}

/// How much more or less a literal in this buffer is worth: some buffers say the same nearly always.
double worth(Buffer buffer) {
    switch (buffer) {
    case Buffer::http_method:
    case Buffer::http_protocol:
    case Buffer::http_stat_code:
    case Buffer::http_stat_msg:
    case Buffer::http_connection:
    case Buffer::tls_version:
        return 0.15;
    case Buffer::http_header_names:
    case Buffer::http_accept:
    case Buffer::http_accept_encoding:
    case Buffer::http_content_type:
        return 0.4;
    case Buffer::payload:
    case Buffer::file_data:
    case Buffer::http_response_body:
        return 0.7; // many bytes
    default:
        return 1;
    }
}

char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The common words that begin so, in whatever case.
const std::vector<std::string_view>& common_from(char first) {
    static const auto by_first = [] {
        std::array<std::vector<std::string_view>, 256> words;
        for (const std::string_view word : common)
            words[static_cast<unsigned char>(small(word.front()))].push_back(word);
        return words;
    }();
    return by_first[static_cast<unsigned char>(small(first))];
}

/// Bits that each byte of the text tells beside those before it; few where it is in something common.
std::vector<double> weights(std::string_view text, bool nocase) {
    constexpr double alone = 4, in_common = 1;
    std::vector<double> result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const double bits = i == 0 ? alone : pair_bits(static_cast<unsigned char>(text[i - 1]), byte) / 2.0;
        result.push_back(bits + (!nocase && byte >= 'A' && byte <= 'Z' ? 1 : 0));
    }
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const std::string_view word : common_from(text[i]))
            if (text.size() - i >= word.size() &&
                std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(i),
                           [](char a, char b) { return small(a) == small(b); }))
                for (std::size_t byte = i; byte < i + word.size(); ++byte)
                    result[byte] = std::min(result[byte], in_common);
    return result;
}

/// The literal that ends with the rarest bytes.
Trigger best_window(std::string_view text, bool nocase) {
    Trigger best;
    best.nocase = nocase;
    const std::vector<double> weight_of = weights(text, nocase);
    for (std::size_t end = std::min(text.size(), looked_for); end > 0 && end <= text.size(); ++end) {
        std::string_view literal = text.substr(end - std::min(end, longest), std::min(end, longest));
        // Vectorscan takes a literal that begins with a zero for an empty string.
        literal.remove_prefix(std::min(literal.size(), literal.find_first_not_of('\0')));
        const std::size_t size = std::min(literal.size(), looked_for);
        const double score = std::accumulate(weight_of.begin() + static_cast<std::ptrdiff_t>(end - size),
                                             weight_of.begin() + static_cast<std::ptrdiff_t>(end), 0.0) +
                             0.5 * static_cast<double>(literal.size() - size);
        if (score > best.score) {
            best.score = score;
            best.bytes = literal;
        }
    }
    if (nocase)
        std::transform(best.bytes.begin(), best.bytes.end(), best.bytes.begin(), small);
    return best;
}

/// Where a content must end, from the beginning of a buffer of which there may be much more; 0: anywhere.
std::size_t head_of(const BufferView& view, const ContentCheck& content) {
    const bool long_buffer =
        view.transforms.empty() &&
        (view.buffer == Buffer::payload || info(view.buffer).kind == BufferInfo::Kind::streaming);
    const bool anchored = !content.relative() && content.depth && !content.depth->variable &&
                          !(content.offset && content.offset->variable);
    if (!long_buffer || !anchored)
        return 0;
    const std::int64_t end = content.depth->number + (content.offset ? content.offset->number : 0);
    return end > 0 && end <= static_cast<std::int64_t>(longest_head) ? static_cast<std::size_t>(end) : 0;
}

} // namespace

std::optional<Trigger> best_trigger(const BufferChecks& checks) {
    std::optional<Trigger> best;
    for (const Check& check : checks.checks) {
        const auto* content = std::get_if<ContentCheck>(&check.what);
        if (content == nullptr || content->negated || content->bytes.empty())
            continue;
        std::string_view text = content->bytes;
        if (content->chop && content->chop->first + std::size_t{content->chop->second} <= text.size())
            text = text.substr(content->chop->first, content->chop->second);
        Trigger trigger = best_window(text, content->nocase);
        if (trigger.bytes.empty())
            continue; // zeros alone
        trigger.score *= worth(checks.view.buffer);
        trigger.head = head_of(checks.view, *content);
        if (trigger.head >= content->bytes.size())
            trigger.score += head_bonus(trigger.head - content->bytes.size() + 1);
        if (content->fast_pattern)
            trigger.score += chosen;
        if (!best || trigger.score > best->score)
            best = std::move(trigger);
    }
    return best;
}

} // namespace nfsieve
