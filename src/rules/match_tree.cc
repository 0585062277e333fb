// SPDX-License-Identifier: GPL-2.0-or-later
#include "match_tree.h"

#include <algorithm>

namespace nfsieve {
namespace {

using Kind = MatchSpec::Kind;

void put(std::string& out, std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8)
        out.push_back(static_cast<char>(static_cast<unsigned char>(value >> shift)));
}

void put(std::string& out, std::string_view text) {
    put(out, text.size());
    out += text;
}

void put(std::string& out, const std::vector<Prefix>& prefixes) {
    put(out, prefixes.size());
    for (const Prefix& prefix : prefixes) {
        out.append(prefix.address.bytes.begin(), prefix.address.bytes.end());
        put(out, prefix.length);
    }
}

void put(std::string& out, const Endpoint& endpoint) {
    put(out, endpoint.addresses.include);
    put(out, endpoint.addresses.exclude);
    put(out, endpoint.ports.ranges.size());
    for (const PortRange& range : endpoint.ports.ranges)
        put(out, (std::uint64_t{range.first} << 16) | range.last);
}

void put(std::string& out, const MatchSpec& match) {
    put(out, static_cast<std::uint64_t>(match.kind));
    if (match.kind == Kind::pattern)
        put(out, identity(match.pattern));
    for (const PatternSpec& pattern : match.also)
        put(out, identity(pattern));
    put(out, match.children.size());
    for (const MatchSpec& child : match.children)
        put(out, child);
}

std::uint64_t last_offset_at(std::span<const MatchNode> nodes, std::span<const std::uint64_t> last_offsets,
                             std::uint32_t at, bool positive) {
    const MatchNode& node = nodes[at];
    if (node.kind == Kind::pattern)
        return positive ? last_offsets[node.pattern] : 0;
    std::uint64_t last = 0;
    for (const std::uint32_t child : node.children)
        last = std::max(
            last, last_offset_at(nodes, last_offsets, child, node.kind == Kind::not_ ? !positive : positive));
    return last;
}

} // namespace

MatchSpec simplified(MatchSpec match) {
    if (match.kind == Kind::pattern)
        return match;
    std::vector<MatchSpec> children;
    for (MatchSpec& child : match.children) {
        MatchSpec simple = simplified(std::move(child));
        if (simple.kind == match.kind && match.kind != Kind::not_)
            std::move(simple.children.begin(), simple.children.end(), std::back_inserter(children));
        else
            children.push_back(std::move(simple));
    }
    if (match.kind == Kind::not_ && children.front().kind == Kind::not_) {
        MatchSpec inner = std::move(children.front().children.front());
        return inner;
    }
    if (match.kind != Kind::not_ && children.size() == 1) {
        MatchSpec inner = std::move(children.front());
        return inner;
    }
    match.children = std::move(children);
    return match;
}

bool true_of_nothing(const MatchSpec& match) {
    switch (match.kind) {
    case Kind::pattern:
        return false;
    case Kind::not_:
        return !true_of_nothing(match.children.front());
    case Kind::all:
        return std::all_of(match.children.begin(), match.children.end(), true_of_nothing);
    case Kind::any:
        return std::any_of(match.children.begin(), match.children.end(), true_of_nothing);
    }
    return false;
}

std::uint64_t last_offset_of(std::span<const MatchNode> nodes, std::span<const std::uint64_t> last_offsets) {
    return nodes.empty() ? 0 : last_offset_at(nodes, last_offsets, 0, true);
}

PatternSpec normalised(PatternSpec pattern) {
    if (pattern.kind != PatternSpec::Kind::literal || !pattern.nocase)
        return pattern;
    bool letters = false;
    for (char& c : pattern.text) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + ('a' - 'A'));
        letters = letters || (c >= 'a' && c <= 'z');
    }
    pattern.nocase = letters;
    return pattern;
}

std::string identity(const PatternSpec& original) {
    const PatternSpec pattern = normalised(original);
    std::string out;
    const bool flags[] = {pattern.kind == PatternSpec::Kind::regex, pattern.nocase, pattern.at_start,
                          pattern.at_end, pattern.depth.has_value()};
    for (const bool flag : flags)
        out.push_back(flag ? '1' : '0');
    put(out, pattern.offset);
    put(out, pattern.depth.value_or(0));
    put(out, std::string_view(pattern.text));
    if (pattern.view != BufferView()) {
        put(out, static_cast<std::uint64_t>(pattern.view.buffer));
        put(out, std::string_view(pattern.view.header));
        put(out, pattern.view.transforms.size()); // JSON rules have one kind
    }
    return out;
}

std::uint64_t fingerprint_of(const RuleSpec& rule, const std::optional<MatchSpec>& match) {
    std::string text;
    put(text, std::string_view(rule.label.id));
    put(text, static_cast<std::uint64_t>(rule.direction));
    put(text, rule.from);
    put(text, rule.to);
    put(text, std::uint64_t{match.has_value()});
    if (match)
        put(text, *match);
    std::uint64_t hash = 14695981039346656037ULL; // FNV-1a
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash;
}

} // namespace nfsieve
