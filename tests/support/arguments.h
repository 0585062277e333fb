// SPDX-License-Identifier: GPL-2.0-or-later
// Command lines of the tests' own programs: --name VALUE pairs and switches. A library for that would cost
// more to compile than the program.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace nfsieve::test {

/// Takes arguments off a command line. What nobody has taken is an error: ask rest() at the end.
class Arguments {
public:
    Arguments(int count, char** values) : values_(values + 1, values + count) {}

    bool take_switch(const std::string& name) {
        for (auto at = values_.begin(); at != values_.end(); ++at)
            if (*at == name) {
                values_.erase(at);
                return true;
            }
        return false;
    }
    std::string take(const std::string& name, std::string otherwise) {
        for (auto at = values_.begin(); at != values_.end(); ++at)
            if (*at == name && at + 1 != values_.end()) {
                otherwise = *(at + 1);
                values_.erase(at, at + 2);
                return otherwise;
            }
        return otherwise;
    }
    double take_real(const std::string& name, double otherwise) {
        const std::string text = take(name, "");
        if (text.empty())
            return otherwise;
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (*end != 0)
            values_.push_back(name + " " + text);
        return value;
    }
    std::uint64_t take_number(const std::string& name, std::uint64_t otherwise) {
        const std::string text = take(name, std::to_string(otherwise));
        if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos)
            values_.push_back(name + " " + text);
        else
            otherwise = std::stoull(text);
        return otherwise;
    }
    [[nodiscard]] const std::vector<std::string>& rest() const { return values_; }

private:
    std::vector<std::string> values_;
};

} // namespace nfsieve::test
