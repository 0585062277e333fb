// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/database_cache.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>

namespace nfsieve {
namespace {

HsDatabase database_of(const char* pattern) {
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    EXPECT_EQ(hs_compile(pattern, 0, HS_MODE_BLOCK, nullptr, &database, &error), HS_SUCCESS);
    return HsDatabase(database);
}

class DatabaseCacheTest : public ::testing::Test {
protected:
    DatabaseCacheTest() {
        std::string name = (std::filesystem::temp_directory_path() / "nfsieve-cache-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~DatabaseCacheTest() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::size_t files() const {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_))
            ++count;
        return count;
    }

    std::filesystem::path folder_;
};

TEST_F(DatabaseCacheTest, WhatWasStoredIsLoaded) {
    DatabaseCache first(folder_);
    EXPECT_EQ(first.load("one"), nullptr);
    first.store("one", database_of("abc").get());
    DatabaseCache second(folder_);
    EXPECT_NE(second.load("one"), nullptr);
    EXPECT_EQ(second.hits(), 1U);
    EXPECT_EQ(second.load("another"), nullptr);
    EXPECT_EQ(second.misses(), 1U);
    EXPECT_EQ(files(), 1U) << "nothing else is left in the folder";
}

TEST_F(DatabaseCacheTest, ADamagedFileIsNoDatabase) {
    DatabaseCache cache(folder_);
    cache.store("one", database_of("abc").get());
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(200);
        file.write("damaged", 7);
    }
    EXPECT_EQ(cache.load("one"), nullptr);
    cache.store("one", database_of("abc").get());
    EXPECT_NE(cache.load("one"), nullptr) << "and is replaced";
}

TEST_F(DatabaseCacheTest, AFolderThatCannotBeWrittenCostsNothingButTime) {
    DatabaseCache cache("/proc/no such folder");
    cache.store("one", database_of("abc").get());
    EXPECT_EQ(cache.load("one"), nullptr);
}

TEST_F(DatabaseCacheTest, WhatNobodyAskedForIsForgotten) {
    DatabaseCache cache(folder_);
    cache.store("old", database_of("abc").get());
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
        std::filesystem::last_write_time(entry.path(), std::filesystem::file_time_type::clock::now() -
                                                           std::chrono::hours(24 * 31));
    cache.store("new", database_of("abc").get());
    std::ofstream(folder_ / "else.txt") << "not ours";
    cache.forget_unused(30);
    EXPECT_EQ(cache.load("old"), nullptr);
    EXPECT_NE(cache.load("new"), nullptr);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "else.txt"));
}

} // namespace
} // namespace nfsieve
