// SPDX-License-Identifier: GPL-2.0-or-later
#include "anchors.h"

namespace nfsieve {
namespace {

constexpr unsigned max_groups = 200; ///< bounds the recursion

class Scan {
public:
    explicit Scan(std::string_view regex) : left_(regex) {}

    Anchors whole() {
        const Anchors found = alternatives(0);
        return lost_ ? Anchors{} : found;
    }

private:
    bool at(std::string_view text) const { return left_.substr(0, text.size()) == text; }
    void skip(std::size_t count) { left_.remove_prefix(count < left_.size() ? count : left_.size()); }
    /// What was just read may be left out.
    bool optional_follows() const { return at("?") || at("*") || at("{"); }

    /// Up to the end or the ')' that closes this group, which stays.
    Anchors alternatives(unsigned depth) {
        Anchors found{false, true};
        if (depth > max_groups)
            lost_ = true;
        for (;;) {
            const bool anchored = !lost_ && beginning(depth);
            found.any = found.any || anchored;
            found.all = found.all && anchored;
            while (!lost_ && !left_.empty() && !at("|") && !at(")"))
                element(depth);
            if (lost_ || !at("|"))
                return found;
            skip(1);
        }
    }

    /// Reads the first element; true where it is an anchor or an anchored group.
    bool beginning(unsigned depth) {
        while (inline_flags())
            ;
        if (at("^") || at("\\A")) {
            skip(at("^") ? 1 : 2);
            return !optional_follows();
        }
        return at("(") && group(depth) && !optional_follows();
    }

    void element(unsigned depth) {
        if (at("(")) {
            if (!inline_flags())
                group(depth);
        } else if (at("[")) {
            character_class();
        } else if (at("\\Q")) {
            const auto end = left_.find("\\E");
            skip(end == left_.npos ? left_.size() : end + 2);
        } else {
            skip(at("\\") ? 2 : 1);
        }
    }

    /// "(?i)" or "(?#comment)", which are no groups.
    bool inline_flags() {
        if (at("(?#")) {
            const auto end = left_.find(')');
            skip(end == left_.npos ? left_.size() : end + 1);
            return true;
        }
        if (!at("(?"))
            return false;
        const auto end = left_.find_first_not_of("imsxUJ-", 2);
        if (end == left_.npos || (left_[end] != ')' && left_[end] != ':'))
            return false;
        if (left_.substr(2, end - 2).find_first_of("mx") != left_.npos)
            lost_ = true;
        if (left_[end] == ':')
            return false;
        skip(end + 1);
        return true;
    }

    /// True where every alternative in it is anchored.
    bool group(unsigned depth) {
        skip(1);
        if (at("?")) { // (?: (?i: (?<name> (?'name' (?P<name>
            const auto end = left_.find_first_of(":>'", at("?'") ? 2 : 1);
            skip(end == left_.npos ? left_.size() : end + 1);
        }
        const Anchors inside = alternatives(depth + 1);
        skip(1);
        return inside.all;
    }

    void character_class() {
        skip(at("[^") ? 2 : 1);
        if (at("]")) // a literal one
            skip(1);
        while (!left_.empty() && !at("]")) {
            if (at("[:")) {
                const auto end = left_.find(":]");
                skip(end == left_.npos ? 2 : end + 2);
            } else {
                skip(at("\\") ? 2 : 1);
            }
        }
        skip(1);
    }

    std::string_view left_;
    bool lost_ = false;
};

} // namespace

Anchors find_anchors(std::string_view regex) {
    return Scan(regex).whole();
}

} // namespace nfsieve
