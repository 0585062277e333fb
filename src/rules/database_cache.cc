// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/database_cache.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <nettle/sha2.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace nfsieve {
namespace {

constexpr std::string_view suffix = ".hsdb";

/// All of the file or nothing.
std::error_code write(const std::filesystem::path& path, std::string_view bytes) {
    std::error_code failed;
    std::filesystem::create_directories(path.parent_path(), failed);
    if (failed)
        return failed;
    auto temporary = path;
    temporary += "." + std::to_string(::getpid());
    {
        errno = 0;
        std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        file.flush();
        if (!file)
            failed = std::error_code(errno != 0 ? errno : EIO, std::generic_category());
    }
    if (!failed)
        std::filesystem::rename(temporary, path, failed);
    std::error_code ignored;
    if (failed)
        std::filesystem::remove(temporary, ignored);
    return failed;
}

/// A database made for one processor may not run on another.
std::string machine() {
    hs_platform_info_t platform{};
    if (hs_populate_platform(&platform) != HS_SUCCESS)
        return "";
    return std::string(hs_version()) + '/' + std::to_string(platform.tune) + '/' +
           std::to_string(platform.cpu_features);
}

} // namespace

std::filesystem::path DatabaseCache::path_of(std::string_view text) const {
    sha256_ctx context;
    sha256_init(&context);
    const std::string built_for = machine();
    sha256_update(&context, built_for.size() + 1, reinterpret_cast<const std::uint8_t*>(built_for.c_str()));
    sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&context, digest.size(), digest.data());
    constexpr std::string_view digits = "0123456789abcdef";
    std::string name;
    for (const std::uint8_t byte : digest) {
        name += digits[byte >> 4];
        name += digits[byte & 15];
    }
    return folder_ / (name + std::string(suffix));
}

HsDatabase DatabaseCache::load(std::string_view text) {
    if (folder_.empty())
        return nullptr;
    const auto path = path_of(text);
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    hs_database_t* database = nullptr;
    // Vectorscan checks version, processor and a checksum by itself.
    if (bytes.empty() || hs_deserialize_database(bytes.data(), bytes.size(), &database) != HS_SUCCESS) {
        ++misses_;
        return nullptr;
    }
    ++hits_;
    std::error_code ignored;
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now(), ignored);
    return HsDatabase(database);
}

void DatabaseCache::store(std::string_view text, const hs_database_t* database) {
    if (folder_.empty())
        return;
    char* raw = nullptr;
    std::size_t size = 0;
    if (hs_serialize_database(database, &raw, &size) != HS_SUCCESS)
        return;
    const std::unique_ptr<char, HsFree> bytes(raw);
    if (const std::error_code failed = write(path_of(text), {bytes.get(), size}); failed && trouble_.empty())
        trouble_ = failed.message();
}

void DatabaseCache::forget_unused(unsigned days) const {
    if (folder_.empty())
        return;
    std::error_code failed;
    const auto oldest = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24) * days;
    for (std::filesystem::directory_iterator entry(folder_, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::error_code ignored;
        if (entry->path().extension() == suffix && entry->last_write_time(ignored) < oldest)
            std::filesystem::remove(entry->path(), ignored);
    }
}

} // namespace nfsieve
