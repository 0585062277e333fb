// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/offload.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

/// What the kernel has, and what it was told to clear.
class MadeKernel : public KernelMarks {
public:
    struct State {
        std::vector<GenerationSet> sets;
        std::vector<std::uint32_t> cleared;
        bool conntrack = true;
        std::vector<FlowtableChange> changes; ///< that were asked for, of tables with a flowtable
        bool renews = true, removes = true;
    };
    explicit MadeKernel(State& state) : state_(state) {}

    Result<std::vector<GenerationSet>> read() override { return state_.sets; }
    Result<void> put(const std::string& table, std::optional<std::uint32_t> mark,
                     FlowtableChange change) override {
        for (GenerationSet& set : state_.sets) {
            if (set.table != table)
                continue;
            EXPECT_TRUE(set.flowtable || change == FlowtableChange::none);
            if (set.flowtable)
                state_.changes.push_back(change);
            if ((change == FlowtableChange::renew && !state_.renews) ||
                (change == FlowtableChange::remove && !state_.removes))
                return Error{"no such device"};
            if (change == FlowtableChange::remove)
                set.flowtable.reset();
            set.marks = mark ? std::vector{*mark} : std::vector<std::uint32_t>();
        }
        return {};
    }
    Result<std::size_t> clear(std::uint32_t mark, std::uint32_t mask) override {
        if (!state_.conntrack)
            return Error{"no nf_conntrack_netlink"};
        EXPECT_EQ(mask, 0x1700U);
        state_.cleared.push_back(mark);
        return std::size_t{0};
    }

private:
    State& state_;
};

class OffloadTest : public testing::Test {
protected:
    std::unique_ptr<Offload> make(OffloadMode mode = OffloadMode::marks) {
        return std::make_unique<Offload>(MarkLayout(), mode, std::make_unique<MadeKernel>(kernel),
                                         [this](const std::string& message) { told.push_back(message); });
    }
    MadeKernel::State kernel{{{"nfsieve", {}}}, {}, true, {}, true, true};
    std::vector<std::string> told;
};

using Marks = std::vector<std::uint32_t>;

TEST_F(OffloadTest, AGenerationIsClearedBeforeItIsSaid) {
    const auto offload = make();
    EXPECT_EQ(offload->generation(), 0);
    offload->advance();
    EXPECT_EQ(offload->generation(), 1);
    EXPECT_EQ(kernel.sets[0].marks, Marks{0x100});
    EXPECT_EQ(kernel.cleared, Marks{0x100});
}

TEST_F(OffloadTest, SixGenerationsComeRound) {
    const auto offload = make();
    for (int i = 0; i < 7; ++i)
        offload->advance();
    EXPECT_EQ(offload->generation(), 1);
    EXPECT_EQ(kernel.cleared, (Marks{0x100, 0x200, 0x300, 0x400, 0x500, 0x600, 0x100}));
}

TEST_F(OffloadTest, WhatADaemonBeforeUsedIsNotUsedNext) {
    kernel.sets[0].marks = {0x300};
    const auto offload = make();
    offload->advance();
    EXPECT_EQ(offload->generation(), 4);
}

TEST_F(OffloadTest, WithoutATableNothingIsMarkedUntilOneIsThere) {
    kernel.sets.clear();
    const auto offload = make();
    offload->advance();
    EXPECT_EQ(offload->generation(), 0);
    kernel.sets = {{"nfsieve", {}}, {"nfsieve_host", {}}};
    offload->restore();
    EXPECT_EQ(offload->generation(), 1);
    EXPECT_EQ(kernel.sets[1].marks, Marks{0x100});
}

TEST_F(OffloadTest, OldMarksThatCannotBeClearedAreNotTrusted) {
    kernel.conntrack = false;
    kernel.sets[0].marks = {0x200};
    const auto offload = make();
    offload->advance();
    EXPECT_EQ(offload->generation(), 0);
    EXPECT_EQ(kernel.sets[0].marks, Marks());
    offload->advance();
    ASSERT_EQ(told.size(), 1U) << "once";
    EXPECT_NE(told[0].find("nf_conntrack_netlink"), std::string::npos);
}

TEST_F(OffloadTest, SwitchedOffItTakesBackWhatWasDone) {
    kernel.sets[0].marks = {0x200};
    const auto offload = make(OffloadMode::off);
    offload->advance();
    EXPECT_EQ(kernel.sets[0].marks, Marks());
    EXPECT_EQ(offload->generation(), 0);
}

using Changes = std::vector<FlowtableChange>;
const std::vector<std::string> devices{"eth0", "eth1"};

TEST_F(OffloadTest, AFlowtableIsEmptiedWithEveryGenerationAndAtNoOtherTime) {
    kernel.sets = {{"nfsieve", {0x300}, devices}, {"nfsieve_host", {}}};
    const auto offload = make(OffloadMode::flowtable);
    EXPECT_EQ(offload->flowtable(), std::nullopt);
    offload->advance();
    EXPECT_EQ(offload->flowtable(), devices);
    EXPECT_EQ(kernel.sets[0].marks, Marks{0x400});
    EXPECT_EQ(kernel.sets[1].marks, Marks{0x400});
    offload->restore();
    EXPECT_EQ(kernel.changes, Changes{FlowtableChange::renew});
    offload->advance();
    EXPECT_EQ(kernel.changes, (Changes{FlowtableChange::renew, FlowtableChange::renew}));
}

TEST_F(OffloadTest, AStaleFlowtableIsEmptiedThoughItsTableHasTheMarkThatComesNext) {
    kernel.sets = {{"nfsieve", {0x100}, devices}, {"nfsieve_host", {0x600}}};
    make(OffloadMode::flowtable)->advance();
    EXPECT_EQ(kernel.sets[0].marks, Marks{0x100});
    EXPECT_EQ(kernel.changes, Changes{FlowtableChange::renew});
}

TEST_F(OffloadTest, OldMarksThatCannotBeClearedEmptyTheFlowtableToo) {
    kernel.conntrack = false;
    kernel.sets = {{"nfsieve", {0x100}, devices}};
    make(OffloadMode::flowtable)->advance();
    EXPECT_EQ(kernel.sets[0].marks, Marks());
    EXPECT_EQ(kernel.changes, Changes{FlowtableChange::renew});
}

TEST_F(OffloadTest, AFlowtableThatComesWithAnotherGenerationIsEmptied) {
    const auto offload = make(OffloadMode::flowtable);
    offload->advance();
    kernel.sets = {{"nfsieve", {0x200}, devices}};
    offload->restore();
    EXPECT_EQ(kernel.sets[0].marks, Marks{0x100});
    EXPECT_EQ(kernel.changes, Changes{FlowtableChange::renew});
}

TEST_F(OffloadTest, OtherModesTakeAFlowtableAway) {
    for (const OffloadMode mode : {OffloadMode::off, OffloadMode::marks}) {
        kernel.sets = {{"nfsieve", {}, devices}};
        kernel.changes.clear();
        const auto offload = make(mode);
        offload->advance();
        EXPECT_EQ(kernel.changes, Changes{FlowtableChange::remove});
        kernel.sets[0].flowtable = devices; // it was loaded again
        offload->restore();
        EXPECT_EQ(kernel.sets[0].flowtable, std::nullopt);
        EXPECT_EQ(offload->flowtable(), std::nullopt);
    }
    EXPECT_TRUE(told.empty());
}

TEST_F(OffloadTest, AFlowtableInWhichSynsCouldPassIsTakenAway) {
    kernel.sets = {{"nfsieve", {}, devices}};
    const auto offload = make(OffloadMode::flowtable);
    offload->advance();
    for (std::size_t times = 1; times <= 2; ++times) {
        kernel.sets[0].guarded = false;
        offload->restore();
        EXPECT_EQ(kernel.sets[0].flowtable, std::nullopt);
        EXPECT_EQ(offload->flowtable(), std::nullopt);
        EXPECT_EQ(offload->generation(), 1);
        ASSERT_EQ(told.size(), times);
        EXPECT_NE(told.back().find("table netdev nfsieve"), std::string::npos);
        offload->restore(); // the change itself calls for it
        kernel.sets[0] = {"nfsieve", {0x100}, devices};
    }
}

TEST_F(OffloadTest, AFlowtableThatCannotBeMadeAgainGoesAndMarksStay) {
    kernel.sets = {{"nfsieve", {0x100}, devices}};
    kernel.renews = false;
    const auto offload = make(OffloadMode::flowtable);
    offload->advance();
    EXPECT_EQ(kernel.changes, (Changes{FlowtableChange::renew, FlowtableChange::remove}));
    EXPECT_EQ(kernel.sets[0].marks, Marks{0x200});
    EXPECT_EQ(offload->generation(), 2);
    EXPECT_EQ(offload->flowtable(), std::nullopt);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].find("no such device"), std::string::npos);
}

TEST_F(OffloadTest, AFlowtableThatCannotGoIsSaidAndKeepsNoOldMark) {
    kernel.sets = {{"nfsieve", {0x100}, devices}};
    kernel.removes = false;
    const auto offload = make();
    offload->advance();
    EXPECT_EQ(kernel.sets[0].marks, Marks{0x200});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].find("rules that are not in force"), std::string::npos);
    const std::size_t changes = kernel.changes.size();
    offload->restore();
    EXPECT_EQ(kernel.changes.size(), changes + 1) << "what it does itself must not call it again for ever";
    EXPECT_EQ(told.size(), 1U);
}

} // namespace
} // namespace nfsieve
