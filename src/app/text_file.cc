// SPDX-License-Identifier: GPL-2.0-or-later
#include "text_file.h"

#include "nfsieve/base/unique_fd.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace nfsieve {

namespace {

Error system_error(const std::string& what) {
    const int code = errno;
    return Error{what + ": " + std::strerror(code)};
}

} // namespace

Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t largest) {
    // O_NONBLOCK: a fifo without a writer must not hang the start.
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd)
        return system_error("cannot be opened");
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0)
        return system_error("cannot be examined");
    if (S_ISDIR(status.st_mode))
        return Error{"is a directory; name a file in it"};
    if (!S_ISREG(status.st_mode))
        return Error{"is not a regular file"};
    const Error too_large{"is larger than " + std::to_string(largest >> 10) + " KiB, the most that is read"};
    if (static_cast<std::size_t>(status.st_size) > largest)
        return too_large;

    std::string text(static_cast<std::size_t>(status.st_size) + 1, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const ssize_t count = ::read(fd.get(), text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return system_error("cannot be read");
        if (count == 0)
            break;
        filled += static_cast<std::size_t>(count);
        if (filled == text.size() && filled <= largest) // it grows
            text.resize(std::min(largest + 1, 2 * filled));
    }
    if (filled > largest)
        return too_large;
    text.resize(filled);
    return text;
}

} // namespace nfsieve
