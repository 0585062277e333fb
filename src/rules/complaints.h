// SPDX-License-Identifier: GPL-2.0-or-later
// What the parts of the JSON reader share: collecting complaints and looking at values with a known type.
#pragma once

#include "nfsieve/base/wording.h"
#include "nfsieve/rules/located_json.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {

/// Collects complaints about one file. Not thread-safe.
class Complaints {
public:
    Complaints(std::string file, std::vector<RuleError>& out) : file_(std::move(file)), out_(out) {}

    /// The rule that is being read, for the complaints to come; empty between rules.
    void set_rule(std::string id) { rule_ = std::move(id); }
    [[nodiscard]] const std::string& file() const { return file_; }
    [[nodiscard]] std::size_t count() const { return out_.size(); }
    [[nodiscard]] Place place(const LocatedJson& json) const { return {file_, json.line, json.column}; }

    void at(const LocatedJson& json, std::string message) { at(place(json), std::move(message)); }
    void at(Place where, std::string message) {
        out_.push_back({std::move(where), rule_, std::move(message)});
    }

    /// True where `json` has the type; else complains: "WHAT is EXPECTED, but this is a string".
    [[nodiscard]] bool expect(const LocatedJson& json, LocatedJson::Type type, std::string_view what);
    /// The same for an object, whose keys must be among `known`; an unknown one is a complaint that names its
    /// nearest neighbour, and the object is still good for reading.
    [[nodiscard]] bool expect_object(const LocatedJson& json, std::string_view what,
                                     std::span<const std::string_view> known);

private:
    std::string file_;
    std::vector<RuleError>& out_;
    std::string rule_;
};

} // namespace nfsieve
