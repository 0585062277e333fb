// SPDX-License-Identifier: GPL-2.0-or-later
// A match that was found in the bytes at hand stays one when more follow, unless something in the pattern
// holds only because they were not there yet: \b \B \z \Z, a negative lookahead, or a group that gives
// nothing back.
#include "regex_horizon.h"

#include <algorithm>
#include <vector>

namespace nfsieve {
namespace {

class Scan {
public:
    explicit Scan(std::string_view pattern) : pattern_(pattern) {}

    std::optional<std::uint32_t> run() {
        while (known_ && at_ < pattern_.size())
            item();
        return known_ ? std::optional(horizon_) : std::nullopt;
    }

private:
    struct Group {
        bool looks = false; ///< lookahead or lookbehind
        bool negated = false;
        std::size_t begin = 0;
    };

    char peek(std::size_t ahead) const {
        return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0';
    }
    bool in_look() const {
        return std::any_of(groups_.begin(), groups_.end(), [](const Group& group) { return group.looks; });
    }
    void give_up() { known_ = false; }

    void item() {
        switch (pattern_[at_]) {
        case '\\':
            return escape();
        case '[':
            return character_class();
        case '(':
            return open();
        case ')':
            return close();
        case '*':
        case '+':
        case '{':
        case '?':
            // What repeats inside a lookahead may look any distance ahead.
            if (in_negated() && pattern_[at_] != '?')
                return give_up();
            break;
        case '^':
        case '$':
            if (in_negated())
                return give_up();
            break;
        default:
            break;
        }
        // a possessive quantifier; a "}" that ends none is taken for one and costs nothing but precision
        const char here = pattern_[at_];
        if ((here == '*' || here == '+' || here == '?' || here == '}') && peek(1) == '+')
            return give_up();
        ++at_;
    }

    bool in_negated() const {
        return std::any_of(groups_.begin(), groups_.end(), [](const Group& group) { return group.negated; });
    }

    void looks_ahead(std::uint32_t bytes) {
        if (in_look())
            return give_up();
        horizon_ = std::max(horizon_, bytes);
    }

    void escape() {
        const char what = peek(1);
        if (what == 'Q') {
            const std::size_t end = pattern_.find("\\E", at_ + 2);
            at_ = end == pattern_.npos ? pattern_.size() : end + 2;
            return;
        }
        if (what == 'b' || what == 'B')
            looks_ahead(1);
        else if (what == 'z' || what == 'Z')
            looks_ahead(2);
        const bool subroutine = what == 'g' && (peek(2) == '<' || peek(2) == '\'');
        const bool reference = (what >= '1' && what <= '9') || what == 'k' || what == 'g';
        if (what == 'R' || what == 'X' || subroutine || (reference && in_negated()))
            return give_up();
        at_ += what == 'c' ? std::size_t{3} : std::size_t{2};
    }

    void character_class() {
        ++at_;
        if (peek(0) == '^')
            ++at_;
        if (peek(0) == ']')
            ++at_;
        while (at_ < pattern_.size() && pattern_[at_] != ']') {
            if (pattern_[at_] == '\\' && peek(1) == 'Q') {
                const std::size_t end = pattern_.find("\\E", at_ + 2);
                at_ = end == pattern_.npos ? pattern_.size() : end + 2;
            } else if (pattern_[at_] == '\\') {
                at_ += peek(1) == 'c' ? std::size_t{3} : std::size_t{2};
            } else if (pattern_[at_] == '[' && (peek(1) == ':' || peek(1) == '.' || peek(1) == '=')) {
                const char end[] = {peek(1), ']'};
                const std::size_t found = pattern_.find(std::string_view(end, 2), at_ + 2);
                at_ = found == pattern_.npos ? at_ + 1 : found + 2;
            } else {
                ++at_;
            }
        }
        ++at_;
    }

    void open() {
        if (peek(1) == '*')
            return give_up();
        if (peek(1) != '?') {
            groups_.push_back({});
            ++at_;
            return;
        }
        const char kind = peek(2), next = peek(3);
        if (kind == '#')
            return skip_past(')');
        if (kind == '=' || kind == '!')
            return look(kind == '!', 3);
        if (kind == '<' && (next == '=' || next == '!'))
            return look(next == '!', 4);
        if (kind == ':' || kind == '|') {
            groups_.push_back({});
            at_ += 3;
            return;
        }
        if (kind == '<' || kind == '\'' || (kind == 'P' && next == '<')) {
            groups_.push_back({});
            at_ += kind == 'P' ? std::size_t{4} : std::size_t{3};
            return skip_past(kind == '\'' ? '\'' : '>');
        }
        if (kind == 'P' && next == '=') {
            if (in_negated())
                return give_up();
            return skip_past(')');
        }
        flags();
    }

    void look(bool negated, std::size_t length) {
        if (negated && in_look())
            return give_up();
        at_ += length;
        groups_.push_back({true, negated, at_});
    }

    /// (?i) and (?i:…); whatever else begins with "(?" is not followed.
    void flags() {
        std::size_t end = at_ + 2;
        while (end < pattern_.size() &&
               std::string_view("imsnJU^-").find(pattern_[end]) != std::string_view::npos)
            ++end;
        const char stop = end < pattern_.size() ? pattern_[end] : '\0';
        if (stop != ')' && stop != ':')
            return give_up();
        if (stop == ':')
            groups_.push_back({});
        at_ = end + 1;
    }

    void skip_past(char stop) {
        const std::size_t end = pattern_.find(stop, at_);
        at_ = end == pattern_.npos ? pattern_.size() : end + 1;
    }

    void close() {
        if (!groups_.empty()) {
            // Without repeats, each character of the pattern stands for one byte at most.
            if (groups_.back().negated)
                horizon_ = std::max(horizon_, static_cast<std::uint32_t>(at_ - groups_.back().begin));
            groups_.pop_back();
        }
        ++at_;
    }

    std::string_view pattern_;
    std::size_t at_ = 0;
    std::vector<Group> groups_;
    std::uint32_t horizon_ = 0;
    bool known_ = true;
};

} // namespace

std::optional<std::uint32_t> regex_horizon(std::string_view pattern, bool extended) {
    if (extended)
        return std::nullopt;
    return Scan(pattern).run();
}

} // namespace nfsieve
