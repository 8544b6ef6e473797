-- CreateEnum
CREATE TYPE "UserStatus" AS ENUM ('ACTIVE', 'DEACTIVATED');

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "emailKey" TEXT NOT NULL,
    "displayName" TEXT,
    "displayNameKey" TEXT,
    "status" "UserStatus" NOT NULL,
    "version" INTEGER NOT NULL,
    "registeredAt" TIMESTAMPTZ(6) NOT NULL,
    "updatedAt" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "users_emailKey_id_idx" ON "users"("emailKey", "id");

-- CreateIndex
CREATE INDEX "users_registeredAt_id_idx" ON "users"("registeredAt", "id");
