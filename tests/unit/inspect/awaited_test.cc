// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/awaited.h"

#include <gtest/gtest.h>
#include <string>

namespace nfsieve {
namespace {

Bytes bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Check content(std::string bytes, bool nocase = false) {
    ContentCheck check;
    check.bytes = std::move(bytes);
    check.nocase = nocase;
    return {check};
}

struct Waiting {
    CompiledChecks checks;
    std::string text;
    Awaited awaited;

    Waiting(std::vector<Check> wanted, std::string so_far)
        : checks(*compile_checks(std::move(wanted))), text(std::move(so_far)),
          awaited(Awaited::by(checks, bytes_of(text))) {}
    bool with(const std::string& more) const {
        return awaited.turned_up(checks, bytes_of(text + more), more.size());
    }
};

TEST(Awaited, TheContentThatIsLacking) {
    const Waiting waiting({content("first"), content("second")}, "first first");
    EXPECT_FALSE(waiting.with(" first"));
    EXPECT_TRUE(waiting.with(" second"));
}

TEST(Awaited, TheLackingContentMayHaveBegunBefore) {
    const Waiting waiting({content("first"), content("second")}, "first sec");
    EXPECT_FALSE(waiting.with("on"));
    EXPECT_TRUE(waiting.with("ond"));
}

TEST(Awaited, CaseMattersWhereItMatters) {
    EXPECT_TRUE(Waiting({content("second", true)}, "first").with("SECOND"));
    EXPECT_FALSE(Waiting({content("second")}, "first").with("SECOND"));
}

TEST(Awaited, AnotherPlaceOfAnyContentWhereNoneIsLacking) {
    Check near = content("b");
    std::get<ContentCheck>(near.what).within = Operand{1, {}};
    const Waiting waiting({content("a"), near}, "a.b");
    EXPECT_FALSE(waiting.with("...."));
    EXPECT_TRUE(waiting.with("b"));
    EXPECT_TRUE(waiting.with("a"));
}

TEST(Awaited, AnythingWhereBytesDecideOtherwise) {
    Check last = content("a");
    std::get<ContentCheck>(last.what).ends_with = true;
    EXPECT_TRUE(Waiting({last}, "a").with("x"));
    Check absent = content("b");
    std::get<ContentCheck>(absent.what).negated = true;
    EXPECT_TRUE(Waiting({content("a"), absent}, "a").with("x"));
    PcreCheck regex;
    regex.pattern = "a.c";
    EXPECT_TRUE(Waiting({content("a"), {regex}}, "a").with("x"));
    EXPECT_TRUE(Awaited().turned_up({}, {}, 0));
}

} // namespace
} // namespace nfsieve
