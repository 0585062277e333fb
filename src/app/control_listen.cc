// SPDX-License-Identifier: GPL-2.0-or-later
#include "control_listen.h"

#include "unix_socket.h"

#include <cerrno>
#include <sys/stat.h>

namespace nfsieve {

namespace {

constexpr int kind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr int backlog = 16;

Error failure(const std::filesystem::path& file, const std::string& what) {
    return Error{"control socket " + file.string() + ": " + what};
}

/// Takes a dead daemon's socket away.
Result<void> clear_the_way(const std::filesystem::path& file, const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0)
        return {}; // what is wrong, if anything, bind() says
    if (!S_ISSOCK(status.st_mode))
        return failure(file, "there is a file of another kind; choose another name (\"control\")");
    const UniqueFd probe(::socket(AF_UNIX, kind, 0));
    if (connect_to(probe.get(), address) == 0 || errno == EAGAIN)
        return failure(file, "another daemon answers there; stop it, or choose another name (\"control\")");
    if (errno == ECONNREFUSED && ::unlink(file.c_str()) == 0)
        return {};
    const int error = errno;
    return failure(file, std::string("what is there cannot be replaced: ") + std::strerror(error));
}

std::string remedy(int error) {
    switch (error) {
    case ENOENT:
        return "; make its directory first";
    case EACCES:
    case EPERM:
    case EROFS:
        return "; the daemon's user must be able to write to its directory";
    default:
        return "";
    }
}

} // namespace

Result<UniqueFd> listen_at(const std::filesystem::path& file) {
    const auto address = unix_address(file);
    if (!address)
        return address.error();
    if (auto cleared = clear_the_way(file, *address); !cleared)
        return cleared.error();
    UniqueFd fd(::socket(AF_UNIX, kind, 0));
    // The file is never open to more than it should be: its mode is the socket's own, less the umask.
    if (!fd || ::fchmod(fd.get(), 0660) != 0 ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
        const int error = errno;
        return failure(file, std::string("cannot be made: ") + std::strerror(error) + remedy(error));
    }
    if (::chmod(file.c_str(), 0660) != 0 || ::listen(fd.get(), backlog) != 0) {
        const int error = errno;
        ::unlink(file.c_str());
        return failure(file, std::string("cannot be opened: ") + std::strerror(error));
    }
    return fd;
}

} // namespace nfsieve
